"""Ask for the number to call, until one can be dialled or the tries are used up; "*" opens the menu."""

import structlog

from billing.phone import check_destination, last_four
from billing.refusals import Refusal
from fastagi.flow.connect import connect
from fastagi.flow.conversation import Conversation
from fastagi.flow.menu import open_menu
from services.cards.card_facts import CardFacts

KEYS_MAX = 20  # more than E.164's 15, so that a number too long is heard as such and not cut to a wrong one
MENU_KEY = "*"
MENU_VISITS_MAX = 10  # of one round; after that "*" is a wrong number like any other
SHORT_NUMBER_DIGITS_MAX = 2
log = structlog.get_logger()


async def reach_destination(talk: Conversation, card: CardFacts) -> bool:
    """True when a call was handed to the dialplan; each refusal is told, and costs one try. The menu costs none."""
    tries_left, visits_left = card.group.destination_attempts_max, MENU_VISITS_MAX
    while tries_left and not talk.is_refused:
        keyed = await _ask_number(talk, card)
        number: str | Refusal | None = None
        if keyed.startswith(MENU_KEY) and visits_left:
            visits_left -= 1
            end = await open_menu(talk, card, keyed[1:2])
            if end.is_goodbye:
                return False
            if end.dial is None:
                card = await talk.desk.card(card.card_id)
                continue
            number = end.dial
        refusal = await _call(talk, card, number or await _number(talk, card, keyed))
        if refusal is None:
            return True
        tries_left -= 1
        log.info("destination refused", refusal=refusal.value, card_id=card.card_id)
        talk.say_refusal(refusal, card)
    return False


async def _ask_number(talk: Conversation, card: CardFacts) -> str:
    """A caller whose phone is known may key the PIN out of habit, even with the number right after it: it is masked
    like any PIN, and not dialled.
    """

    def holds_pin(digits: str) -> bool:
        return talk.desk.holds_pin(card, digits)

    keyed = await talk.ask(["enter-destination-end-with-hash"], KEYS_MAX, is_secret=holds_pin)
    return "" if holds_pin(keyed.digits) else keyed.digits


async def _number(talk: Conversation, card: CardFacts, keyed: str) -> str | Refusal:
    """The number in international digits; one or two digits are a short number of the card."""
    if not keyed:
        return Refusal.NOTHING_ENTERED
    if len(keyed) <= SHORT_NUMBER_DIGITS_MAX and keyed.isdigit() and card.group.menu_speed_dial:
        return await talk.desk.speed_dial(card, keyed) or Refusal.TOO_SHORT
    return check_destination(keyed, talk.access.rewrite_rules, talk.access.emergency_numbers)


async def _call(talk: Conversation, card: CardFacts, number: str | Refusal) -> Refusal | None:
    if isinstance(number, Refusal):
        return number
    log.info("destination keyed", destination=last_four(number), card_id=card.card_id)
    quote = await talk.desk.quote(talk.access, card, number, is_pinless=talk.is_pinless)
    return quote if isinstance(quote, Refusal) else await connect(talk, quote)
