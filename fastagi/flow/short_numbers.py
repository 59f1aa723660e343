"""Menu key 4: keep short numbers of one or two digits, dialled in place of a whole number."""

from functools import partial

from billing.phone import check_destination
from billing.refusals import Refusal
from fastagi.flow.conversation import Conversation
from fastagi.flow.menu_end import AGAIN, MenuEnd
from ivr_prompts.compose import spoken_digits
from services.cards.card_facts import CardFacts

SLOT_DIGITS_MAX = 2
NUMBER_KEYS_MAX = 20
SAVE_KEY = "1"


async def manage_short_number(talk: Conversation, card: CardFacts) -> MenuEnd:
    """Hear what a short number calls, give it another, or (with a bare '#') take it away."""
    slot = (await talk.ask(["enter-slot"], SLOT_DIGITS_MAX)).digits
    if not slot.isdigit():
        talk.say(Refusal.NOTHING_ENTERED.value)
        return AGAIN
    held = await talk.desk.speed_dial(card, slot)
    if held is not None:
        talk.say("slot-holds", *spoken_digits(talk.language, held))
    holds_pin = partial(talk.desk.holds_pin, card)
    keyed = (await talk.ask(["enter-number"], NUMBER_KEYS_MAX, is_secret=holds_pin)).digits
    if holds_pin(keyed):  # keyed out of habit: neither written down nor kept as a number
        talk.say(Refusal.NOTHING_ENTERED.value)
        return AGAIN
    if not keyed:
        if held is not None:
            await talk.desk.delete_speed_dial(card, slot)
            talk.say("deleted")
        return AGAIN
    number = check_destination(keyed, talk.access.rewrite_rules, talk.access.emergency_numbers)
    if isinstance(number, Refusal):
        talk.say(number.value)
        return AGAIN
    talk.say("number-you-dialled-is", *spoken_digits(talk.language, number))
    confirmed = (await talk.ask(["confirm-save"], 1)).digits == SAVE_KEY
    if confirmed and await talk.desk.save_speed_dial(card, slot, number):
        talk.say("saved")
    return AGAIN
