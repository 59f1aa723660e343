"""Today's figures, beside those of the same weekday a week ago up to the same hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.money import divide_floor
from billing.states import CallDisposition, CardStatus, HoldState
from models import Account, CallRecord, Card, CarrierState, FailedEntry, Hold
from services.calls.call_alarms import count_open_alarms
from services.calls.day_limits import day_begins_at
from services.reports.days import IS_CUSTOMERS

SHOWN = 8
EXPIRING_DAYS = 7


@dataclass(frozen=True, slots=True)
class DayMoney:
    """What calls were charged in one currency, and what is left of it without tax and the carriers' price."""

    currency: str
    revenue_micros: int
    margin_micros: int
    revenue_before_micros: int
    margin_before_micros: int


@dataclass(frozen=True, slots=True)
class CarrierDay:
    """Attempts of the newest calls of 24 hours, as the worker counted them; a call over two carriers is one of each."""

    endpoint: str
    attempts: int
    answered: int
    talk_seconds: int

    @property
    def answered_percent(self) -> int:
        """ASR."""
        return divide_floor(self.answered * 100, self.attempts) if self.attempts else 0

    @property
    def mean_seconds(self) -> int | None:
        """ACD."""
        return divide_floor(self.talk_seconds, self.answered) if self.answered else None


@dataclass(frozen=True, slots=True)
class TodayFigures:
    calls_up: int
    calls: int
    answered: int
    talk_seconds: int
    calls_before: int
    talk_seconds_before: int
    money: Sequence[DayMoney]
    wrong_entries: int
    expiring_cards: int
    calls_to_look_at: int
    destinations: Sequence[tuple[str, int]]
    carriers: Sequence[CarrierDay]

    @property
    def answered_percent(self) -> int:
        return divide_floor(self.answered * 100, self.calls) if self.calls else 0


def today_figures(session: Session, now: datetime, zone: tzinfo) -> TodayFigures:
    begin = day_begins_at(now, zone)
    week = timedelta(days=7)
    calls, answered, talk_seconds = _calls(session, begin, now)
    calls_before, _, talk_seconds_before = _calls(session, begin - week, now - week)
    return TodayFigures(
        calls_up=count_calls_up(session),
        calls=calls,
        answered=answered,
        talk_seconds=talk_seconds,
        calls_before=calls_before,
        talk_seconds_before=talk_seconds_before,
        money=_money(session, begin, now, week),
        wrong_entries=session.scalars(select(func.count()).where(FailedEntry.happened_at >= begin)).one(),
        expiring_cards=_expiring(session, now),
        calls_to_look_at=count_open_alarms(session),
        destinations=_destinations(session, begin),
        carriers=_carriers(session),
    )


def count_calls_up(session: Session) -> int:
    """By open holds, of which an index knows."""
    return session.scalars(select(func.count()).select_from(Hold).where(Hold.state == HoldState.OPEN)).one()


def _calls(session: Session, begin: datetime, end: datetime) -> tuple[int, int, int]:
    """Placed, answered, and seconds talked."""
    is_answered = CallRecord.disposition == CallDisposition.ANSWERED
    counted = select(
        func.count(), func.count().filter(is_answered), func.coalesce(func.sum(CallRecord.talk_seconds), 0)
    )
    calls, answered, seconds = session.execute(
        counted.where(CallRecord.placed_at >= begin, CallRecord.placed_at < end, IS_CUSTOMERS)
    ).one()
    return calls, answered, seconds


def _money(session: Session, begin: datetime, now: datetime, week: timedelta) -> list[DayMoney]:
    """In every currency in which calls were charged on one of the two days."""
    today, before = _sums(session, begin, now), _sums(session, begin - week, now - week)
    nothing = (0, 0)
    return [
        DayMoney(currency, *today.get(currency, nothing), *before.get(currency, nothing))
        for currency in sorted({*today, *before})
    ]


def _sums(session: Session, begin: datetime, end: datetime) -> dict[str, tuple[int, int]]:
    """Charged and left, by currency."""
    left = CallRecord.cost_micros - CallRecord.tax_micros - CallRecord.buy_cost_micros
    sums = (func.sum(CallRecord.cost_micros), func.sum(left))
    query = select(CallRecord.currency, *sums).where(
        CallRecord.placed_at >= begin, CallRecord.placed_at < end, IS_CUSTOMERS
    )
    found = session.execute(query.group_by(CallRecord.currency))
    return {currency: (charged, rest) for currency, charged, rest in found}


def _expiring(session: Session, now: datetime) -> int:
    soon = (Card.expires_at > now, Card.expires_at <= now + timedelta(days=EXPIRING_DAYS))
    return session.scalars(select(func.count()).where(Card.status == CardStatus.ACTIVATED, *soon)).one()


def _destinations(session: Session, begin: datetime) -> list[tuple[str, int]]:
    query = select(CallRecord.destination_name, func.count()).where(CallRecord.placed_at >= begin, IS_CUSTOMERS)
    named = query.group_by(CallRecord.destination_name).order_by(func.count().desc(), CallRecord.destination_name)
    return [(name, calls) for name, calls in session.execute(named.limit(SHOWN))]


def _carriers(session: Session) -> list[CarrierDay]:
    """Those with the most attempts."""
    counts = (CarrierState.attempts, CarrierState.answered, CarrierState.talk_seconds)
    query = (
        select(Account.endpoint, *counts)
        .join(CarrierState, CarrierState.account_id == Account.id)
        .where(CarrierState.attempts > 0)
        .order_by(CarrierState.attempts.desc(), Account.endpoint)
    )
    return [CarrierDay(endpoint or "", *counted) for endpoint, *counted in session.execute(query.limit(SHOWN))]
