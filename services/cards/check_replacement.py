"""May this card replace that one? Judged before anything moves, the first failing line by a sentence (V-30)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.card_check import is_expired, is_in_grace
from billing.states import CardStatus, ExpiryGivenBy, SeriesStatus
from models import Card, CardGroup
from services.cards.card_facts import CardFacts
from services.cards.card_state import STOPPED
from services.money.book_movement import BALANCE_MICROS_MAX

UNUSED = (CardStatus.INACTIVE, CardStatus.PENDING)


class ReplacementRefused(ValueError):
    """The card cannot be replaced so; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class CardLife:
    """The old card as it was, and what the new one takes over of it."""

    status: CardStatus
    status_before: CardStatus | None
    activated_at: datetime | None
    expires_at: datetime | None
    grace_ends_at: datetime | None
    expiry_given_by: ExpiryGivenBy | None
    language: str | None
    replaced_by_card_id: int | None
    maintenance_since: datetime | None
    maintenance_periods_before: int
    maintenance_periods_done: int

    @property
    def state(self) -> CardStatus:
        """The state under that of a stopped card. Where a blocked one remembers only that it had expired, or nothing,
        its history tells.
        """
        if self.status not in STOPPED:
            return self.status
        if self.status_before is not None and self.status_before not in STOPPED:
            return self.status_before
        return CardStatus.PENDING if self.activated_at is None else CardStatus.ACTIVATED


def card_life(session: Session, card_id: int) -> CardLife:
    columns: tuple[Any, ...] = tuple(getattr(Card, name) for name in CardLife.__slots__)
    values: list[Any] = list(session.execute(select(*columns).where(Card.id == card_id)).one())
    return CardLife(*values)


def check_replacement(session: Session, old: CardFacts, new: CardFacts, life: CardLife, now: datetime) -> None:
    """The first failing line decides. The cards and their wallets are locked."""
    if life.replaced_by_card_id is not None:
        raise ReplacementRefused(f"Card {old.number} was replaced already: replace the card that replaced it.")
    allowed = select(CardGroup.replacement_allowed).where(CardGroup.id == old.group.id)
    if not session.scalars(allowed).one():
        raise ReplacementRefused("The group of this card permits no replacement: change the group's setting first.")
    if old.currency != new.currency:
        raise ReplacementRefused(f"Card {old.number} is in {old.currency}: choose a new card in {old.currency}.")
    _check_old(old, life, now)
    _check_new(session, new, now)
    if old.open_holds or new.open_holds:
        raise ReplacementRefused("A call of one of the cards is up: end it, or wait until it has ended.")
    if old.balance_micros + new.balance_micros > BALANCE_MICROS_MAX:
        raise ReplacementRefused("The new card would hold more than a card may: choose one without a value of its own.")


def _check_old(old: CardFacts, life: CardLife, now: datetime) -> None:
    status = life.state
    if status is CardStatus.INACTIVE:
        raise ReplacementRefused(f"Card {old.number} was never released, so no one can have lost it: block it.")
    if status is CardStatus.USED:
        raise ReplacementRefused(f"Card {old.number} is used up: there is nothing to replace.")
    if is_expired(old.standing, now) and not is_in_grace(old.standing, now):
        raise ReplacementRefused(f"Card {old.number} has expired and its grace is over: give it a new date first.")


def _check_new(session: Session, new: CardFacts, now: datetime) -> None:
    if new.status not in UNUSED:
        raise ReplacementRefused(f"Card {new.number} is {new.status}: choose a card that is pending or inactive.")
    if new.series.status is not SeriesStatus.ACTIVE:
        raise ReplacementRefused(f"The series of card {new.number} is not active: choose a card of another series.")
    if is_expired(new.standing, now):
        raise ReplacementRefused(f"Card {new.number} has expired: choose a card that is still good.")
    replaces = select(Card.id).where(Card.replaced_by_card_id == new.card_id).limit(1)
    if session.scalars(replaces).one_or_none() is not None:
        raise ReplacementRefused(f"Card {new.number} stands for another card already: choose an unused card.")
