"""Find the caller's card: by the phone it is bound to, else by number and PIN or PIN alone, in a few tries."""

from dataclasses import dataclass

import structlog

from billing.guard import TryVerdict
from billing.refusals import Refusal
from billing.states import ActivatesOn, CardStatus, PinEntryMode
from fastagi.flow.conversation import Conversation
from fastagi.flow.gate import admit, caller_of, tries_allowed
from fastagi.logs import last_digits
from services.calls.bind_caller_id import BindOutcome
from services.calls.identify_card import Identified, NotAccepted
from services.cards.card_facts import CardFacts

log = structlog.get_logger()
REGISTER_KEY = "1"


@dataclass(frozen=True, slots=True)
class Entry:
    """What was keyed; `number` is None where only the PIN is asked."""

    number: str | None
    pin: str


async def identify(talk: Conversation) -> CardFacts | None:
    """The card, in a state to call and bound to the phone where that is wanted; None after the last try."""
    admission = await admit(talk)
    card = None if talk.is_refused else _known_phone(talk, admission.bound)
    if card is None and not talk.is_refused:
        card = await _ask_card(talk, admission.verdict)
    if card is None:
        return None
    log.info("card identified", card_id=card.card_id, card=last_digits(card.number), caller=_caller(talk))
    if card.status is CardStatus.PENDING and card.group.activates_on is ActivatesOn.FIRST_AUTHENTICATION:
        card = await talk.desk.activate(talk.access, card)
    await _agree_on_language(talk, card)
    return card


def _known_phone(talk: Conversation, bound: Identified | NotAccepted | None) -> CardFacts | None:
    """The card to which the phone is bound. One that may not call is told why, and asked for a new card (M-30)."""
    match bound:
        case Identified(card):
            talk.is_pinless = True
            talk.say("recognised-by-your-number")
            return card
        case NotAccepted(refusal, card):
            _tell(talk, refusal, card)
            if not talk.is_refused:
                talk.say("enter-new-card")
    return None


async def _ask_card(talk: Conversation, verdict: TryVerdict) -> CardFacts | None:
    for _ in range(tries_allowed(talk, verdict)):
        entry = await _ask_entry(talk)
        if isinstance(entry, Refusal):
            talk.say(entry.value)
            continue
        if verdict.delay_seconds:
            await talk.desk.pause(verdict.delay_seconds)
        match await talk.desk.identify(talk.access, entry.number, entry.pin, caller_of(talk)):
            case Identified(card):
                await _bind(talk, card)
                return card
            case NotAccepted(refusal, card):
                _tell(talk, refusal, card)
        if talk.is_refused:
            return None
    if not talk.is_turned_away:
        talk.say(Refusal.TOO_MANY_ATTEMPTS.value)
    return None


async def _ask_entry(talk: Conversation) -> Entry | Refusal:
    """Number and PIN, or the PIN alone. Its exact length ends an entry, as do '#' and a pause."""
    rules = talk.access.entry
    number = None
    if rules.mode is PinEntryMode.NUMBER_AND_PIN:
        number = (await talk.ask(["enter-card-number"], rules.number_length)).digits
        if not number:
            return Refusal.NOTHING_ENTERED
        if len(number) != rules.number_length:
            return Refusal.WRONG_NUMBER_OF_DIGITS
    pin = (await talk.ask(["enter-pin"], rules.pin_digits_max, secret=True)).digits
    if not pin:
        return Refusal.NOTHING_ENTERED
    if rules.pin_length is not None and len(pin) != rules.pin_length:
        return Refusal.WRONG_NUMBER_OF_DIGITS
    return Entry(number, pin)


def _tell(talk: Conversation, refusal: Refusal, card: CardFacts | None) -> None:
    log.info("card refused", refusal=refusal.value, card_id=card.card_id if card else None, caller=_caller(talk))
    talk.say_refusal(refusal, card)


async def _bind(talk: Conversation, card: CardFacts) -> None:
    """Bind the phone after a right PIN: silently, or when the caller presses 1 (features.md 3.10)."""
    if talk.caller_id is None or not talk.access.pinless_enabled or not card.group.pinless_allowed:
        return
    if card.group.pinless_confirm:
        keyed = await talk.ask(["register-this-phone-press-1"], 1)
        if keyed.digits != REGISTER_KEY:
            return
    outcome = await talk.desk.bind(talk.caller_id, card)
    log.info("phone bound", outcome=outcome.value, card_id=card.card_id, caller=_caller(talk))
    if card.group.pinless_confirm:
        denied = outcome is BindOutcome.DENIED
        talk.say("phone-belongs-to-other-card" if denied else "phone-registered")


async def _agree_on_language(talk: Conversation, card: CardFacts) -> None:
    """A choice in the menu is remembered on the card; without one the card's own language is spoken."""
    if talk.has_chosen_language:
        if card.language != talk.language.code:
            await talk.desk.remember_language(card, talk.language.code)
    elif card.language in talk.access.languages:
        await talk.speak_in(card.language)


def _caller(talk: Conversation) -> str:
    return last_digits(talk.caller_id or "")
