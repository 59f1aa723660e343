"""Menu key 6: bind this phone to the card, or free it."""

import structlog

from fastagi.flow.conversation import Conversation
from fastagi.flow.menu_end import AGAIN, MenuEnd
from services.calls.bind_caller_id import BindOutcome
from services.cards.card_facts import CardFacts

REGISTER_KEY, REMOVE_KEY = "1", "2"
log = structlog.get_logger()


async def manage_phone(talk: Conversation, card: CardFacts) -> MenuEnd:
    """Only the phone that calls can be bound or freed here; others are managed by the operator and in the portal."""
    caller_id = talk.caller_id
    if caller_id is None:
        return AGAIN
    keyed = await talk.ask(["register-this-phone-press-1", "remove-this-phone-press-2"], 1)
    if keyed.digits == REGISTER_KEY:
        outcome = await talk.desk.bind(caller_id, card)
        log.info("phone bound", outcome=outcome.value, card_id=card.card_id)
        talk.say("phone-belongs-to-other-card" if outcome is BindOutcome.DENIED else "phone-registered")
    elif keyed.digits == REMOVE_KEY:
        if await talk.desk.unbind(caller_id, card):
            log.info("phone freed", card_id=card.card_id)
        talk.say("phone-removed")
    return AGAIN
