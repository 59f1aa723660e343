"""What an operator changes on one card beside its state and money: phones and language, each act audited."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Card
from services.audit.audit import Act, Actor, note
from services.calls.bind_caller_id import BindOutcome, bind_caller_id, unbind_caller_id
from services.cards.card_facts import CardFacts
from services.cards.card_order import ActRefused

PHONE_DIGITS_MIN, PHONE_DIGITS_MAX = 7, 15  # E.164, with its country
LANGUAGE_LENGTH_MAX = 8


def phone_digits(text: str) -> str:
    """A phone as it is stored: international form, digits only."""
    digits = "".join(text.split()).removeprefix("+").replace("-", "")
    if not (digits.isascii() and digits.isdigit() and PHONE_DIGITS_MIN <= len(digits) <= PHONE_DIGITS_MAX):
        raise ActRefused("A phone is its number in international form, 7 to 15 digits, such as +37061234567.")
    return digits


def bind_phone(session: Session, card: CardFacts, text: str, actor: Actor, now: datetime) -> str:
    """Make it the card's phone; it leaves the card that it had (M-39). Gives the phone as it is stored."""
    phone = phone_digits(text)
    if not card.group.pinless_allowed:
        raise ActRefused("The group of this card asks every caller for the PIN: allow known phones in the group first.")
    outcome = bind_caller_id(session, phone, card, now, str(actor))
    if outcome is BindOutcome.DENIED:
        raise ActRefused("The card keeps the phone that it has: its group denies a second one. Unbind that one first.")
    if outcome is BindOutcome.BOUND:
        note(session, actor, Act("card.phone_bound", "card", card.number, after={"phone": phone}), now)
    return phone


def unbind_phone(session: Session, card: CardFacts, phone: str, actor: Actor, now: datetime) -> bool:
    """False if it was not bound to this card."""
    if not unbind_caller_id(session, phone, card.card_id, now, str(actor)):
        return False
    note(session, actor, Act("card.phone_unbound", "card", card.number, before={"phone": phone}), now)
    return True


def set_language(session: Session, card: CardFacts, language: str | None, actor: Actor, now: datetime) -> None:
    """The language in which its calls begin; None: that of the access number."""
    if language is not None and not (language.isalpha() and len(language) <= LANGUAGE_LENGTH_MAX):
        raise ActRefused(f"{language!r} is no language: give its code, such as en.")
    before = session.scalars(select(Card.language).where(Card.id == card.card_id).with_for_update()).one()
    if before == language:
        return
    session.execute(update(Card).where(Card.id == card.card_id).values(language=language))
    was, becomes = {"language": before}, {"language": language}
    note(session, actor, Act("card.language", "card", card.number, was, becomes), now)
