"""Give a card a new last day, and its life back if it had expired: by recharge or by an operator (features.md 3.7)."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from billing.expiry import EXPIRY_DATE_MAX, end_of_day, grace_ends_at, last_day, recharged_expiry
from billing.states import CardStatus, ExpiryGivenBy, RechargeExtends
from models import Card, CardSeries
from services.audit.audit import Act, Actor, Door, note
from services.cards.card_lock import lock_cards
from services.upkeep.charge_fees import book_due_fees, forgive_periods

RECHARGE = Actor("recharge", Door.JOB)  # in the ledger, for a fee that was still to be booked


class ReviveRefused(ValueError):
    """The card cannot get this date; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class CardDates:
    """A card's state and dates after the act; `is_expired`: by its date it still cannot call."""

    status: CardStatus
    expires_at: datetime | None
    grace_ends_at: datetime | None
    is_expired: bool


@dataclass(frozen=True, slots=True)
class _Standing:
    number: str
    status: CardStatus
    status_before: CardStatus | None
    activated_at: datetime | None
    expires_at: datetime | None
    grace_ends_at: datetime | None
    series_date: date | None
    period_days: int | None
    grace_days: int
    extends: RechargeExtends


def revive_by_recharge(session: Session, card_id: int, now: datetime, zone: tzinfo) -> CardDates:
    """Let a recharge lengthen the life of a card as its series says (`recharge_extends_expiry`), whether it is expired
    or not. A card whose grace is over, or that no one has used yet, keeps its date; so does every card of a series
    that says `no`, and then one in its grace stays expired. Who takes the money asks `is_expired`.
    """
    lock_cards(session, [card_id])
    card = _standing(session, card_id)
    if card.activated_at is None or (card.grace_ends_at is not None and card.grace_ends_at <= now):
        return _dates(card, now)
    expiry = recharged_expiry(card.extends, card.expires_at, card.series_date, card.period_days, now, zone)
    if expiry == card.expires_at:
        return _dates(card, now)
    _give(session, card_id, card, expiry, ExpiryGivenBy.RECHARGE, RECHARGE, now, zone)
    return _dates(_standing(session, card_id), now)


def revive_by_operator(
    session: Session, card_id: int, new_date: date, actor: Actor, now: datetime, zone: tzinfo
) -> CardDates:
    """Give the card this last day, whatever the rules of its series say. An expired card is what it was before, even
    when its grace is over; what has lapsed stays lapsed.
    """
    today = now.astimezone(zone).date()
    if not today <= new_date <= EXPIRY_DATE_MAX:
        raise ReviveRefused(f"The new date {new_date} is not possible: give one from {today} to {EXPIRY_DATE_MAX}.")
    lock_cards(session, [card_id])
    card = _standing(session, card_id)
    _give(session, card_id, card, end_of_day(new_date, zone), ExpiryGivenBy.OPERATOR, actor, now, zone)
    after = _standing(session, card_id)
    act = Act("card.date_given", "card", card.number, before=_told(card, zone), after=_told(after, zone))
    note(session, actor, act, now)
    return _dates(after, now)


def revived_status() -> dict[str, Any]:
    """Column values: an expired card is what it was before, other states stay. Without a memory its history tells."""
    is_expired = Card.status == CardStatus.EXPIRED
    from_history = case((Card.activated_at.is_(None), CardStatus.INACTIVE.value), else_=CardStatus.ACTIVATED.value)
    return {
        "status": case((is_expired, func.coalesce(Card.status_before, from_history)), else_=Card.status),
        "status_before": case((is_expired, None), else_=Card.status_before),
    }


def _give(
    session: Session,
    card_id: int,
    card: _Standing,
    expiry: datetime | None,
    giver: ExpiryGivenBy,
    actor: Actor,
    now: datetime,
    zone: tzinfo,
) -> None:
    """What was owed until the old date is booked first; the periods between it and today are never charged."""
    was_over = card.status is CardStatus.EXPIRED or (card.expires_at is not None and card.expires_at <= now)
    if was_over:
        book_due_fees(session, [card_id], actor, now)
    values = {
        "expires_at": expiry,
        "grace_ends_at": grace_ends_at(expiry, card.grace_days, zone),
        "expiry_given_by": giver,
        **revived_status(),
    }
    session.execute(update(Card).where(Card.id == card_id).values(values))
    if was_over:
        forgive_periods(session, [card_id], now)


def _standing(session: Session, card_id: int) -> _Standing:
    columns: tuple[Any, ...] = (
        Card.number,
        Card.status,
        Card.status_before,
        Card.activated_at,
        Card.expires_at,
        Card.grace_ends_at,
        CardSeries.expiry_date,
        CardSeries.expiry_period_days,
        CardSeries.expiry_grace_days,
        CardSeries.recharge_extends_expiry,
    )
    query = select(*columns).join(CardSeries, CardSeries.id == Card.series_id).where(Card.id == card_id)
    return _Standing(*session.execute(query).one())


def _dates(card: _Standing, now: datetime) -> CardDates:
    is_over = card.status is CardStatus.EXPIRED or (card.expires_at is not None and card.expires_at <= now)
    return CardDates(card.status, card.expires_at, card.grace_ends_at, is_over)


def _told(card: _Standing, zone: tzinfo) -> dict[str, Any]:
    valid_through = None if card.expires_at is None else last_day(card.expires_at, zone).isoformat()
    return {"status": card.status.value, "valid_through": valid_through}
