"""The maintenance fee: each card and period once, however late or often, and by however many at once (I9, F24)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from factories import NOW, World, a_world, at_once, micros, not_answered
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.states import CardStatus, CardType, MaintenanceStarts, SeriesStatus
from models import Card, LedgerEntry
from services.audit.audit import Actor, Door
from services.money.recharge_card import recharge_card
from services.series.update_series import update_series
from services.upkeep.charge_fees import (
    book_due_fees,
    book_due_fees_of_series,
    forgive_periods,
    forgive_periods_of_series,
    restart_periods,
)
from services.upkeep.owing_cards import cards_owing, count_cards_owing, fees_forecast

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from services.upkeep.job_step import JobStep

JOB = Actor("fees", Door.JOB)
DAY = timedelta(days=1)
QUARTER = micros("0.25")
FEE: dict[str, Any] = {"maintenance_fee_micros": QUARTER, "maintenance_every_hours": 24}


def in_use(world: World, *places: int, **values: object) -> None:
    for place in places or (0,):
        active = {"status": CardStatus.ACTIVATED, "status_before": None, "activated_at": NOW}
        world.set_card(place, **{**active, **values})


def a_world_with_a_fee(session: Session, **parts: dict[str, Any]) -> World:
    world = a_world(session, **{**parts, "series": {**FEE, **parts.get("series", {})}})
    in_use(world)
    return world


def book(world: World, now: datetime) -> JobStep:
    return book_due_fees(world.session, [card.card_id for card in world.cards], JOB, now)


def rows(world: World, place: int = 0) -> list[tuple[int, int]]:
    """Period and amount of each fee of a card."""
    start = f"card:{world.cards[place].card_id}:period:"
    return [
        (int(reference.removeprefix(start)), amount)
        for kind, reference, amount in world.ledger()
        if kind == "maintenance_fee" and reference.startswith(start)
    ]


def periods_done(world: World, place: int = 0) -> int:
    query = select(Card.maintenance_periods_done).where(Card.id == world.cards[place].card_id)
    return world.session.scalars(query).one()


@pytest.mark.parametrize(
    ("starts", "hours", "balance"),
    [
        (MaintenanceStarts.AFTER_PERIOD, 23, "5.00"),
        (MaintenanceStarts.AFTER_PERIOD, 24, "4.75"),
        (MaintenanceStarts.AFTER_PERIOD, 47, "4.75"),
        (MaintenanceStarts.AFTER_PERIOD, 48, "4.50"),
        (MaintenanceStarts.AFTER_PERIOD, 240, "2.50"),
        (MaintenanceStarts.AT_ACTIVATION, 0, "4.75"),
        (MaintenanceStarts.AT_ACTIVATION, 23, "4.75"),
        (MaintenanceStarts.AT_ACTIVATION, 240, "2.25"),
    ],
)
def test_the_table_of_the_trade_reaches_the_balance(
    session: Session, starts: MaintenanceStarts, hours: int, balance: str
) -> None:
    """JC-37, features.md 3.6."""
    world = a_world_with_a_fee(session, series={"maintenance_starts": starts})
    book(world, NOW + timedelta(hours=hours))
    assert world.wallet() == (micros(balance), 0, 0)
    assert world.is_proved()


def test_ten_days_late_books_the_same_rows_as_ten_nights(session: Session) -> None:
    """F24: catching up gives one row for each period."""
    world = a_world_with_a_fee(session)
    in_use(world, 1)
    punctual, late = world.cards[0].card_id, world.cards[1].card_id
    for day in range(1, 11):
        book_due_fees(session, [punctual], JOB, NOW + day * DAY)
    step = book_due_fees(session, [late], JOB, NOW + 10 * DAY)
    assert rows(world, 0) == rows(world, 1) == [(period, QUARTER) for period in range(1, 11)]
    assert (step.cards, step.amounts) == (1, {"USD": micros("2.50")})
    assert world.is_proved()


def test_a_second_run_takes_nothing(session: Session) -> None:
    world = a_world_with_a_fee(session)
    book(world, NOW + 3 * DAY)
    before = world.ledger()
    assert book(world, NOW + 3 * DAY).cards == 0
    assert book(world, NOW + DAY).cards == 0  # and a clock that was put back takes nothing either
    assert (world.ledger(), periods_done(world)) == (before, 3)


def test_the_last_fee_takes_what_is_there_and_uses_up_the_card(session: Session) -> None:
    """features.md 3.6, V-5: the rest is not owed, so a recharge later is not eaten by it."""
    world = a_world_with_a_fee(session, series={"face_value_micros": micros("0.60")})
    book(world, NOW + 10 * DAY)
    assert rows(world) == [(1, QUARTER), (2, QUARTER), (3, micros("0.10"))]
    assert world.wallet() == (0, 0, 0)
    assert (world.card().status, periods_done(world)) == (CardStatus.USED, 10)
    assert world.is_proved()


@pytest.mark.parametrize("card_type", [CardType.RECHARGEABLE, CardType.UNLIMITED])
def test_a_card_that_is_never_used_up_stays_in_use(session: Session, card_type: CardType) -> None:
    world = a_world_with_a_fee(session, group={"card_type": card_type}, series={"face_value_micros": micros("0.10")})
    book(world, NOW + DAY)
    assert (world.card().status, world.wallet()[0]) == (CardStatus.ACTIVATED, 0)


def test_a_call_that_is_up_is_never_overdrawn_and_the_fee_waits_for_its_end(session: Session) -> None:
    """F24, I3: only what is not held may be taken; what is held may come back."""
    world = a_world_with_a_fee(session, group={"calls_max": 2})
    world.call("call-1")
    _, held, holds = world.wallet()
    assert (held, holds) == (micros("2.50"), 1)
    book(world, NOW + 12 * DAY)
    assert world.wallet() == (micros("2.50"), held, 1)
    assert periods_done(world) == 10
    world.settle(not_answered("call-1"))
    book(world, NOW + 12 * DAY)
    assert world.wallet() == (micros("2.00"), 0, 0)
    assert rows(world) == [(period, QUARTER) for period in range(1, 13)]
    assert world.is_proved()


@pytest.mark.parametrize("status", [CardStatus.INACTIVE, CardStatus.PENDING])
def test_a_card_that_is_not_in_use_is_not_charged(session: Session, status: CardStatus) -> None:
    world = a_world(session, series=FEE)
    world.set_card(status=status)
    assert book(world, NOW + 9 * DAY).cards == 0
    assert cards_owing(session, NOW + 9 * DAY, limit=10) == []


@pytest.mark.parametrize("status", [CardStatus.USED, CardStatus.EXPIRED, CardStatus.BLOCKED])
def test_a_card_that_is_stopped_is_not_charged(session: Session, status: CardStatus) -> None:
    world = a_world_with_a_fee(session)
    in_use(world, status=status, status_before=CardStatus.ACTIVATED)
    assert book(world, NOW + 9 * DAY).cards == 0
    assert cards_owing(session, NOW + 9 * DAY, limit=10) == []
    assert world.wallet() == (micros("5.00"), 0, 0)


@pytest.mark.parametrize("status", [SeriesStatus.STOPPED, SeriesStatus.DELETED])
def test_cards_of_a_stopped_series_are_not_charged(session: Session, status: SeriesStatus) -> None:
    world = a_world_with_a_fee(session)
    world.set_series(status=status)
    assert book(world, NOW + 9 * DAY).cards == 0


def test_periods_that_ended_while_a_card_was_blocked_are_never_charged(session: Session) -> None:
    """features.md 3.6: Block books what is due; Unblock forgives what ended since."""
    world = a_world_with_a_fee(session)
    card_id = world.cards[0].card_id
    book_due_fees(session, [card_id], JOB, NOW + 2 * DAY)
    in_use(world, status=CardStatus.BLOCKED, status_before=CardStatus.ACTIVATED)
    book(world, NOW + 5 * DAY)
    in_use(world)
    forgive_periods(session, [card_id], NOW + 6 * DAY)
    book(world, NOW + 7 * DAY)
    assert [period for period, _ in rows(world)] == [1, 2, 7]
    assert world.is_proved()


def test_periods_that_ended_while_a_series_was_stopped_are_never_charged(session: Session) -> None:
    world = a_world_with_a_fee(session)
    in_use(world, 1)
    assert book_due_fees_of_series(session, world.series_id, JOB, NOW + 2 * DAY).cards == 2
    world.set_series(status=SeriesStatus.STOPPED)
    book(world, NOW + 5 * DAY)
    world.set_series(status=SeriesStatus.ACTIVE)
    forgive_periods_of_series(session, world.series_id, NOW + 5 * DAY)
    book(world, NOW + 6 * DAY)
    assert [period for period, _ in rows(world, 0)] == [period for period, _ in rows(world, 1)] == [1, 2, 6]


def test_forgiving_twice_or_too_early_gives_nothing_back(session: Session) -> None:
    world = a_world_with_a_fee(session)
    book(world, NOW + 4 * DAY)
    forgive_periods(session, [world.cards[0].card_id], NOW + DAY)
    assert periods_done(world) == 4


def test_a_fee_that_is_new_to_a_series_is_not_charged_for_the_past(session: Session) -> None:
    world = a_world_with_a_fee(session, series={"maintenance_fee_micros": 0})
    book_due_fees_of_series(session, world.series_id, JOB, NOW + 4 * DAY)
    world.set_series(maintenance_fee_micros=QUARTER)
    book(world, NOW + 5 * DAY)
    assert rows(world) == [(5, QUARTER)]


@pytest.mark.parametrize("hours", [12, 24, 48])
@pytest.mark.parametrize("starts", MaintenanceStarts)
def test_new_hours_count_from_their_change(session: Session, hours: int, starts: MaintenanceStarts) -> None:
    """Neither is the past charged again by shorter periods, nor is nothing charged for long by longer ones."""
    world = a_world_with_a_fee(session, series={"maintenance_starts": starts})
    book_due_fees_of_series(session, world.series_id, JOB, NOW + 4 * DAY)
    paid = len(rows(world))
    world.set_series(maintenance_every_hours=hours)
    restart_periods(session, [card.card_id for card in world.cards], NOW + 4 * DAY)
    period = timedelta(hours=hours)
    book(world, NOW + 4 * DAY + period - timedelta(seconds=5))
    assert len(rows(world)) == paid
    book(world, NOW + 4 * DAY + 2 * period)
    assert [period for period, _ in rows(world)] == list(range(1, paid + 3))
    assert cards_owing(session, NOW + 4 * DAY + 2 * period, limit=5) == []
    assert world.is_proved()


def test_no_period_ends_after_the_expiry(session: Session) -> None:
    """A job that is late charges no more than one that is on time."""
    world = a_world_with_a_fee(session)
    in_use(world, expires_at=NOW + 3 * DAY + timedelta(hours=5))
    book(world, NOW + 20 * DAY)
    assert [period for period, _ in rows(world)] == [1, 2, 3]


def test_only_cards_that_owe_are_looked_at(session: Session) -> None:
    world = a_world_with_a_fee(session)
    in_use(world, 1, activated_at=NOW + DAY)
    first, second = (card.card_id for card in world.cards)
    almost = NOW + DAY - timedelta(seconds=5)
    assert cards_owing(session, almost, limit=10) == []
    assert cards_owing(session, NOW + DAY, limit=10) == [first]
    assert cards_owing(session, NOW + 2 * DAY, limit=10) == [first, second]
    assert cards_owing(session, NOW + 2 * DAY, after_card_id=first, limit=10) == [second]
    assert count_cards_owing(session, NOW + 2 * DAY) == 2
    world.set_series(maintenance_fee_micros=0)
    assert count_cards_owing(session, NOW + 2 * DAY) == 0


def test_a_fraction_of_a_second_is_judged_by_the_rule_and_not_by_the_query(session: Session) -> None:
    """The databases look at whole seconds only; the card is seen a second early and not charged."""
    world = a_world_with_a_fee(session)
    in_use(world, activated_at=NOW + timedelta(milliseconds=900))
    book(world, NOW + DAY)
    assert rows(world) == []
    book(world, NOW + DAY + timedelta(milliseconds=900))
    assert rows(world) == [(1, QUARTER)]


def test_the_forecast_says_what_the_run_then_takes(session: Session) -> None:
    world = a_world_with_a_fee(session, series={"face_value_micros": micros("0.60")})
    in_use(world, 1, activated_at=NOW + DAY)
    ids = [card.card_id for card in world.cards]
    forecast = fees_forecast(session, ids, NOW + 2 * DAY)
    assert world.ledger() == []
    assert forecast.as_json()["series"] == [
        {"series": 1, "cards": 2, "currency": "USD", "amount_micros": micros("0.75")}
    ]
    assert book(world, NOW + 2 * DAY) == forecast


def test_jobs_at_once_charge_each_period_once(engine: Engine) -> None:
    """F24, I9: without the lock, six jobs over the same forty cards."""
    with Session(engine, autoflush=False) as session:
        world = a_world_with_a_fee(session, series={"quantity": 40})
        in_use(world, *range(40))
        session.commit()
        at_once(engine, [lambda s: book(world.on(s), NOW + 3 * DAY)] * 6)
        assert session.scalars(select(func.count(LedgerEntry.id))).one() == 120
        assert {world.wallet(place) for place in range(40)} == {(micros("4.25"), 0, 0)}
        assert world.is_proved()


def test_a_fee_that_races_a_call_never_overdraws(engine: Engine) -> None:
    """I3: the call holds, or the fee takes; the sum of both is never above the balance."""
    with Session(engine, autoflush=False) as session:
        world = a_world_with_a_fee(session, series={"quantity": 12})
        in_use(world, *range(12))
        session.commit()
        for place in range(12):
            quote = world.good_quote(place=place)
            session.rollback()
            calls = [lambda s, p=place, q=quote: world.on(s).authorise(f"call-{p}", q)]
            at_once(engine, [*calls, lambda s: book(world.on(s), NOW + 2 * DAY)])
            session.rollback()
            balance, held, _ = world.wallet(place)
            assert 0 <= held <= balance <= micros("5.00")
        assert world.is_proved()


def test_longer_periods_begin_anew_and_the_next_fee_is_due_after_one(session: Session) -> None:
    """From 24 to 48 hours after ten days: the count of the old periods must not swallow the new ones."""
    world = a_world_with_a_fee(session)
    changed_at = NOW + 10 * DAY
    changes = {"maintenance_every_hours": 48}
    update_series(session, world.series_id, None, changes, JOB, changed_at, UTC)
    assert len(rows(world)) == 10
    book(world, changed_at + 2 * DAY - timedelta(minutes=1))
    assert len(rows(world)) == 10
    book(world, changed_at + 2 * DAY)
    assert len(rows(world)) == 11
    assert world.is_proved()


def test_the_time_in_which_a_card_was_used_up_is_not_charged_after_a_recharge(session: Session) -> None:
    world = a_world_with_a_fee(session, group={"card_type": CardType.RECHARGEABLE})
    in_use(world, status=CardStatus.USED)
    recharge_card(session, world.cards[0].card_id, micros("1.00"), "shop-1", JOB, NOW + 10 * DAY, UTC)
    assert rows(world) == []
    book(world, NOW + 11 * DAY)
    assert [amount for _, amount in rows(world)] == [QUARTER]
    assert world.is_proved()
