"""Rewrite the dates of a series' cards after its rules have changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from billing.expiry import expires_at, grace_ends_at
from billing.states import CardStatus, ExpiryGivenBy
from models import Card, CardSeries
from services.audit.audit import Actor, Door
from services.cards.card_lock import CARDS_A_CHUNK, lock_cards
from services.cards.revive_card import revived_status
from services.upkeep.charge_fees import book_due_fees, forgive_periods

ACTOR = Actor("expiry of the series changed", Door.JOB)


@dataclass(frozen=True, slots=True)
class _Rules:
    expiry_date: date | None
    period_days: int | None
    grace_days: int


@dataclass(frozen=True, slots=True)
class _Dated:
    card_id: int
    status: CardStatus
    activated_at: datetime | None
    expires_at: datetime | None
    grace_ends_at: datetime | None
    given_by: ExpiryGivenBy | None

    def was_over(self, now: datetime) -> bool:
        return self.status is CardStatus.EXPIRED or (self.expires_at is not None and self.expires_at <= now)


def recompute_expiry(session: Session, series_id: int, now: datetime, zone: tzinfo) -> int:
    """How many cards got another date; call it after the series was changed, in the same transaction.

    A date that an operator or a recharge gave stays; only its grace follows the series. An expired card with a new date
    that is still to come is what it was before. What has lapsed stays lapsed.
    """
    rules = _rules(session, series_id)
    return sum(_rewrite(session, chunk, rules, now, zone) for chunk in _chunks(session, series_id))


def recompute_step(
    session: Session, series_id: int, now: datetime, zone: tzinfo, *, after_card_id: int
) -> tuple[int, int | None]:
    """The next cards of a large series, for a transaction of their own: how many were looked at, and the last id (None:
    no card is left). By the rules as they stand now, so that it may be repeated.
    """
    some = select(Card.id).where(Card.series_id == series_id, Card.id > after_card_id).order_by(Card.id)
    card_ids = list(session.scalars(some.limit(CARDS_A_CHUNK)))
    if not card_ids:
        return 0, None
    _rewrite(session, card_ids, _rules(session, series_id), now, zone)
    return len(card_ids), card_ids[-1]


def _rules(session: Session, series_id: int) -> _Rules:
    columns = (CardSeries.expiry_date, CardSeries.expiry_period_days, CardSeries.expiry_grace_days)
    return _Rules(*session.execute(select(*columns).where(CardSeries.id == series_id)).one())


def _chunks(session: Session, series_id: int) -> Iterator[list[int]]:
    of_series = select(Card.id).where(Card.series_id == series_id).order_by(Card.id).limit(CARDS_A_CHUNK)
    card_ids = list(session.scalars(of_series))
    while card_ids:
        yield card_ids
        card_ids = list(session.scalars(of_series.where(Card.id > card_ids[-1])))


def _rewrite(session: Session, card_ids: list[int], rules: _Rules, now: datetime, zone: tzinfo) -> int:
    lock_cards(session, card_ids)
    columns: tuple[Any, ...] = (
        Card.id,
        Card.status,
        Card.activated_at,
        Card.expires_at,
        Card.grace_ends_at,
        Card.expiry_given_by,
    )
    cards = [_Dated(*row) for row in session.execute(select(*columns).where(Card.id.in_(card_ids)).order_by(Card.id))]
    changed = [
        (card, dates)
        for card, dates in ((card, _new_dates(card, rules, zone)) for card in cards)
        if dates != (card.expires_at, card.grace_ends_at)
    ]
    were_over = [card.card_id for card, _ in changed if card.was_over(now)]
    book_due_fees(session, were_over, ACTOR, now)
    _write(session, changed)
    lives_on = [card.card_id for card, (expiry, _) in changed if expiry is None or expiry > now]
    revived = update(Card).where(Card.id.in_(lives_on), Card.status == CardStatus.EXPIRED).values(revived_status())
    session.execute(revived)
    forgive_periods(session, were_over, now)
    return len(changed)


def _new_dates(card: _Dated, rules: _Rules, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    expiry = card.expires_at
    if card.given_by is None:
        expiry = expires_at(card.activated_at, rules.expiry_date, rules.period_days, zone)
    return expiry, grace_ends_at(expiry, rules.grace_days, zone)


def _write(session: Session, changed: list[tuple[_Dated, tuple[datetime | None, datetime | None]]]) -> None:
    dated = (
        update(Card)
        .where(Card.id == bindparam("of_card"))
        .values(expires_at=bindparam("new_expiry"), grace_ends_at=bindparam("new_grace"))
    )
    rows = [{"of_card": card.card_id, "new_expiry": dates[0], "new_grace": dates[1]} for card, dates in changed]
    if rows:
        session.connection().execute(dated, rows)
