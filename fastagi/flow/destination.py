"""Ask for the number to call, until one can be dialled or the tries are used up."""

import structlog

from billing.phone import check_destination, last_four
from billing.refusals import Refusal
from fastagi.flow.connect import connect
from fastagi.flow.conversation import Conversation
from services.card_facts import CardFacts
from services.quote_call import Quote

KEYS_MAX = 20  # more than E.164's 15, so that a number too long is heard as such and not cut to a wrong one
log = structlog.get_logger()


async def reach_destination(talk: Conversation, card: CardFacts) -> bool:
    """True when a call was handed to the dialplan; each refusal is told, and costs one try."""
    for _ in range(card.group.destination_attempts_max):
        quote = await _ask_number(talk, card)
        refusal = quote if isinstance(quote, Refusal) else await connect(talk, quote)
        if refusal is None:
            return True
        log.info("destination refused", refusal=refusal.value, card_id=card.card_id)
        talk.say_refusal(refusal, card)
        if talk.is_refused:
            return False
    return False


async def _ask_number(talk: Conversation, card: CardFacts) -> Quote | Refusal:
    keyed = await talk.ask(["enter-destination-end-with-hash"], KEYS_MAX)
    if not keyed.digits:
        return Refusal.NOTHING_ENTERED
    number = check_destination(keyed.digits, talk.access.rewrite_rules, talk.access.emergency_numbers)
    if isinstance(number, Refusal):
        return number
    log.info("destination keyed", destination=last_four(number), card_id=card.card_id)
    return await talk.desk.quote(talk.access, card, number, is_pinless=talk.is_pinless)
