"""Which cards owe a maintenance fee now, and the facts by which each pays it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, cast, extract, func, literal, select
from sqlalchemy.orm import Session

from billing.fees import FeesTaken, MaintenanceTerms, periods_due, take_fees
from billing.states import CardStatus, CardType, MaintenanceStarts, SeriesStatus
from models import Card, CardGroup, CardSeries, Wallet
from services.upkeep.job_step import JobStep, nothing

SECONDS_AN_HOUR = 3_600
CLOCK_SECONDS = 1  # the databases cut moments to whole seconds; whether a fee is due is decided in billing.fees


@dataclass(frozen=True, slots=True)
class OwingCard:
    """One activated card with what its series asks for and what its wallet can give."""

    card_id: int
    series_id: int
    series_number: int
    terms: MaintenanceTerms
    periods_done: int
    periods_before: int
    counted_from: datetime
    expires_at: datetime | None
    wallet_id: int
    currency: str
    available_micros: int
    open_holds: int
    card_type: CardType
    empty_below_micros: int

    def fees(self, now: datetime) -> FeesTaken:
        due = self.periods_before + periods_due(self.terms, self.counted_from, self.expires_at, now)
        return take_fees(self.terms, self.periods_done, due, self.available_micros, has_open_hold=self.open_holds > 0)


def charged(now: datetime) -> ColumnElement[bool]:
    """Over Card and CardSeries: activated cards of active series (3.6) with a period to deal with, give or take a
    second.
    """
    return (
        (Card.status == CardStatus.ACTIVATED)
        & (CardSeries.status == SeriesStatus.ACTIVE)
        & (
            _seconds_in_use(now) + CLOCK_SECONDS
            >= _next_period() * CardSeries.maintenance_every_hours * SECONDS_AN_HOUR
        )
    )


def _seconds_in_use(now: datetime) -> ColumnElement[int]:
    end = case((Card.expires_at < now, extract("epoch", Card.expires_at)), else_=int(now.timestamp()))
    return end - extract("epoch", counted_from())


def counted_from() -> ColumnElement[datetime]:
    """Since when the periods of a card are counted: its activation, or the last change of their hours."""
    return func.coalesce(Card.maintenance_since, Card.activated_at)


def starts() -> ColumnElement[MaintenanceStarts]:
    """After a change of the hours the next fee is due when the first new period is over, whatever the series says:
    the one that ran was paid for.
    """
    after_period = literal(MaintenanceStarts.AFTER_PERIOD, CardSeries.maintenance_starts.type)
    return case((Card.maintenance_since.is_not(None), after_period), else_=CardSeries.maintenance_starts)


def _next_period() -> ColumnElement[int]:
    """How many periods must have passed for the next fee to be due."""
    at_activation = starts() == MaintenanceStarts.AT_ACTIVATION
    counted = Card.maintenance_periods_done - Card.maintenance_periods_before
    return cast(counted + case((at_activation, 0), else_=1), BigInteger)


def cards_owing(
    session: Session, now: datetime, *, after_card_id: int = 0, series_id: int | None = None, limit: int
) -> list[int]:
    """Ids of cards for which a period has ended that is not dealt with: of all series with a fee, or of this one."""
    of_series = CardSeries.maintenance_fee_micros > 0 if series_id is None else CardSeries.id == series_id
    query = select(Card.id).join(CardSeries, CardSeries.id == Card.series_id).where(charged(now), of_series)
    return list(session.scalars(query.where(Card.id > after_card_id).order_by(Card.id).limit(limit)))


def count_cards_owing(session: Session, now: datetime) -> int:
    query = select(func.count(Card.id)).join(CardSeries, CardSeries.id == Card.series_id)
    return session.scalars(query.where(charged(now), CardSeries.maintenance_fee_micros > 0)).one()


def fees_forecast(session: Session, card_ids: Sequence[int], now: datetime) -> JobStep:
    """What the job would take from these cards; nothing is written."""
    step = nothing()
    for card in owing_cards(session, card_ids, now, locked=False):
        amount_micros = card.fees(now).amount_micros
        if amount_micros:
            step += JobStep.of(card.series_number, card.currency, amount_micros)
    return step


def owing_cards(session: Session, card_ids: Sequence[int], now: datetime, *, locked: bool) -> list[OwingCard]:
    """Of these cards those that are charged, in the order of their ids; `locked` locks their wallets."""
    query = (
        select(
            Card.id,
            Card.series_id,
            CardSeries.number,
            CardSeries.maintenance_fee_micros,
            CardSeries.maintenance_every_hours,
            starts(),
            Card.maintenance_periods_done,
            Card.maintenance_periods_before,
            counted_from(),
            Card.expires_at,
            Wallet.id,
            Wallet.currency,
            Wallet.balance_micros - Wallet.held_micros,
            Wallet.open_holds,
            CardGroup.card_type,
            CardGroup.empty_below_micros,
        )
        .join(CardSeries, CardSeries.id == Card.series_id)
        .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
        .join(Wallet, Wallet.id == Card.wallet_id)
        .where(Card.id.in_(card_ids), charged(now))
        .order_by(Card.id)
    )
    if locked:
        query = query.with_for_update(of=Wallet, key_share=True)
    return [_owing_card(list(row)) for row in session.execute(query)]


def _owing_card(columns: list[Any]) -> OwingCard:
    card_id, series_id, series_number, fee_micros, every_hours, starts, *rest = columns
    return OwingCard(card_id, series_id, series_number, MaintenanceTerms(fee_micros, every_hours, starts), *rest)
