"""Identify the card of a caller: by the phone it is bound to, or by what was keyed; wrong tries are counted in the
database.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Executable, bindparam, select, update
from sqlalchemy.orm import Session

from billing.card_check import check_card
from billing.refusals import Refusal
from billing.states import PinEntryMode
from models import CallerIdBinding, Card
from services.access import Access
from services.card_facts import CARD_BY_NUMBER, CARD_QUERY, CardFacts, find_card_by
from services.pin_keys import KeySource
from services.run import Values

PIN_FAILURES_MAX = 5  # wrong PINs in a row for one card number (reliability.md 11)
LOCK_TIME = timedelta(hours=24)
BOUND_TO_PHONE = select(CallerIdBinding.card_id).where(CallerIdBinding.caller_id == bindparam("caller_id"))
CARD_BY_PHONE = CARD_QUERY.where(Card.id == BOUND_TO_PHONE.scalar_subquery())
CARD_BY_PIN = CARD_QUERY.where(Card.pin_digest.in_(bindparam("digests", expanding=True)))
# Locked, so that many guesses at the same instant are judged one after another, each by the count of those before (on
# SQLite every transaction waits so by itself).
CARD_TO_TRY = CARD_BY_NUMBER.with_for_update(of=Card, key_share=True)


@dataclass(frozen=True, slots=True)
class Identified:
    """A card that may call."""

    card: CardFacts


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """Why no card can be used; `card` is the right card that may not call, None after a wrong entry."""

    refusal: Refusal
    card: CardFacts | None = None


def find_bound_card(session: Session, access: Access, caller_id: str) -> CardFacts | None:
    """The card to which the phone is bound, if this plan takes its group without a PIN."""
    if not access.pinless_enabled:
        return None
    card = find_card_by(session, CARD_BY_PHONE, {"caller_id": caller_id})
    if card is None or card.group.id not in access.group_ids or not card.group.pinless_allowed:
        return None
    return card


def check_bound_card(
    session: Session, access: Access, caller_id: str, now: datetime
) -> Identified | NotAccepted | None:
    """The bound card if it may call, why it may not, or None where the phone is bound to none."""
    card = find_bound_card(session, access, caller_id)
    return None if card is None else _checked(card, now)


def identify_card(
    session: Session, keys: KeySource, access: Access, number: str | None, pin: str, now: datetime
) -> Identified | NotAccepted:
    """The card of a keyed number and PIN, or of a PIN alone. Unknown number, wrong PIN and locked card get one
    answer. While keys are rotated, the card may stand under the new key or an old one.
    """
    digests = keys.current().digests(pin)
    if access.entry.mode is PinEntryMode.PIN_ONLY:
        card = _accepted(session, access, CARD_BY_PIN, {"digests": digests})
        if card is None or _is_locked(card, now):
            return NotAccepted(Refusal.PIN_NOT_ACCEPTED)
        return _checked(card, now)
    card = _accepted(session, access, CARD_TO_TRY, {"number": number or ""})
    if card is None or _is_locked(card, now):
        return NotAccepted(Refusal.NUMBER_OR_PIN_NOT_ACCEPTED)
    if not any(hmac.compare_digest(card.pin_digest, digest) for digest in digests):
        _count_failure(session, card, now)
        return NotAccepted(Refusal.NUMBER_OR_PIN_NOT_ACCEPTED)
    if card.pin_failures:
        session.execute(update(Card).where(Card.id == card.card_id).values(pin_failures=0, locked_until=None))
    return _checked(card, now)


def _accepted(session: Session, access: Access, query: Executable, values: Values) -> CardFacts | None:
    card = find_card_by(session, query, values)
    return card if card is not None and card.group.id in access.group_ids else None


def _is_locked(card: CardFacts, now: datetime) -> bool:
    return card.locked_until is not None and now < card.locked_until


def _checked(card: CardFacts, now: datetime) -> Identified | NotAccepted:
    refusal = check_card(card.standing, now)
    return Identified(card) if refusal is None else NotAccepted(refusal, card)


def _count_failure(session: Session, card: CardFacts, now: datetime) -> None:
    """The fifth wrong PIN in a row locks the card; the count begins anew when the lock has run out."""
    counted = session.execute(
        update(Card)
        .where(Card.id == card.card_id)
        .values(pin_failures=Card.pin_failures + 1)
        .returning(Card.pin_failures)
    ).scalar_one()
    if counted >= PIN_FAILURES_MAX:
        locked = update(Card).where(Card.id == card.card_id).values(pin_failures=0, locked_until=now + LOCK_TIME)
        session.execute(locked)
