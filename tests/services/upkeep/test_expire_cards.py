"""The end of a card's life: expired by its dates, and what is left lapses once (features.md 3.4, 3.7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from factories import a_world, at_once, micros, not_answered
from old_cards import (
    END,
    GRACE_END,
    JOB,
    MINUTE,
    NEW_YORK,
    VILNIUS,
    VOS,
    activate,
    credit,
    expire,
    heard,
    ids,
    lapse,
    lapses,
    local,
    state,
    vos,
)
from sqlalchemy.orm import Session

from billing.refusals import Refusal
from billing.states import CardStatus
from services.upkeep.charge_fees import book_due_fees
from services.upkeep.expire_cards import cards_past, count_cards_past, expiry_forecast
from services.upkeep.lapse_cards import cards_lapsing, count_cards_lapsing, lapse_forecast

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Engine


def test_the_example_of_vos_to_the_minute(session: Session) -> None:
    """V-13, V-14, features.md 3.7: calls until 31 January 24:00, the balance is kept until 7 February 24:00."""
    world = vos(session)
    assert heard(world, END - MINUTE) is None
    assert heard(world, END) is Refusal.CARD_EXPIRED_GRACE
    assert heard(world, GRACE_END - MINUTE) is Refusal.CARD_EXPIRED_GRACE
    assert heard(world, GRACE_END) is Refusal.CARD_EXPIRED
    assert lapse(world, GRACE_END - MINUTE).cards == 0
    assert lapse(world, GRACE_END).amounts == {"USD": micros("5.00")}
    assert lapses(world) == [(f"card:{world.cards[0].card_id}:lapse:2026-02-07", micros("5.00"))]
    assert world.wallet() == (0, 0, 0)
    assert world.is_proved()


def test_the_job_writes_the_state_for_lists_and_remembers_the_one_before(session: Session) -> None:
    world = vos(session)
    assert cards_past(session, END - MINUTE, limit=10) == []
    assert (expire(world, END - MINUTE).cards, state(world)) == (0, (CardStatus.ACTIVATED, None))
    assert cards_past(session, END, limit=10) == [world.cards[0].card_id]
    assert (count_cards_past(session, END), expiry_forecast(session, ids(world), END).cards) == (1, 1)
    assert state(world)[0] is CardStatus.ACTIVATED
    assert (expire(world, END).cards, state(world)) == (1, (CardStatus.EXPIRED, CardStatus.ACTIVATED))
    assert (expire(world, END).cards, state(world)) == (0, (CardStatus.EXPIRED, CardStatus.ACTIVATED))


@pytest.mark.parametrize("status", [CardStatus.INACTIVE, CardStatus.PENDING])
def test_a_card_that_no_one_used_expires_with_its_series(session: Session, status: CardStatus) -> None:
    """JC-38, features.md 3.2."""
    world = a_world(session, series={"expiry_date": date(2026, 1, 31), "initial_card_status": status})
    expire(world, datetime(2026, 2, 1, tzinfo=UTC))
    assert state(world) == state(world, 1) == (CardStatus.EXPIRED, status)


def test_a_blocked_card_stays_blocked_and_lapses_by_its_dates(session: Session) -> None:
    world = vos(session)
    world.set_card(status=CardStatus.BLOCKED, status_before=CardStatus.ACTIVATED)
    lapse(world, GRACE_END)
    assert state(world) == (CardStatus.BLOCKED, CardStatus.ACTIVATED)
    assert world.wallet() == (0, 0, 0)


@pytest.mark.parametrize(
    ("series_date", "last"), [(date(2026, 1, 20), date(2026, 1, 20)), (date(2026, 3, 1), date(2026, 1, 31))]
)
def test_of_both_rules_the_earlier_wins(session: Session, series_date: date, last: date) -> None:
    """JC-38, JC-39."""
    world = vos(session, expiry_date=series_date)
    end = local(last + timedelta(days=1))
    assert (cards_past(session, end - MINUTE, limit=9), cards_past(session, end, limit=9)) == ([], [ids(world)[0]])


@pytest.mark.parametrize(
    ("zone", "activated_at", "end"),
    [
        (NEW_YORK, datetime(2026, 2, 7, 23, 30, tzinfo=NEW_YORK), datetime(2026, 3, 10, 4, tzinfo=UTC)),
        (NEW_YORK, datetime(2026, 10, 3, 23, 30, tzinfo=NEW_YORK), datetime(2026, 11, 3, 5, tzinfo=UTC)),
        (VILNIUS, datetime(2026, 3, 1, 0, 30, tzinfo=VILNIUS), datetime(2026, 3, 31, 21, tzinfo=UTC)),
        (VILNIUS, datetime(2026, 2, 28, 23, 30, tzinfo=VILNIUS), datetime(2026, 3, 30, 21, tzinfo=UTC)),
    ],
)
def test_days_end_by_the_clock_of_the_platform_over_a_change_of_clocks(
    session: Session, zone: ZoneInfo, activated_at: datetime, end: datetime
) -> None:
    world = a_world(session, series=VOS)
    activate(world, activated_at, zone)
    assert (heard(world, end - MINUTE), heard(world, end)) == (None, Refusal.CARD_EXPIRED_GRACE)
    grace_end = world.card().grace_ends_at
    assert grace_end is not None
    assert grace_end.astimezone(zone).timetz().replace(tzinfo=None).isoformat() == "00:00:00"
    assert (grace_end.astimezone(zone).date() - end.astimezone(zone).date()).days == 7


def test_a_card_lapses_once_however_often_the_job_runs(session: Session) -> None:
    world = vos(session)
    for _ in range(3):
        lapse(world, GRACE_END)
    assert len(lapses(world)) == 1


def test_what_is_given_after_the_lapse_stays(session: Session) -> None:
    """An operator's refund to a lapsed card is not taken by the next night."""
    world = vos(session)
    lapse(world, GRACE_END)
    credit(world, micros("1.00"), GRACE_END + MINUTE)
    assert cards_lapsing(session, GRACE_END + timedelta(days=1), limit=10) == []
    assert lapse(world, GRACE_END + timedelta(days=1)).cards == 0
    assert world.wallet()[0] == micros("1.00")
    assert world.is_proved()


def test_nothing_lapses_while_a_call_is_up(session: Session) -> None:
    world = vos(session)
    world.set_card(expires_at=None, grace_ends_at=None)
    world.call("call-1")
    world.set_card(expires_at=END, grace_ends_at=GRACE_END)
    assert lapse(world, GRACE_END).cards == 0
    world.settle(not_answered("call-1"))
    assert (count_cards_lapsing(session, GRACE_END), lapse_forecast(session, ids(world), GRACE_END).cards) == (1, 1)
    assert lapse(world, GRACE_END).cards == 1
    assert world.is_proved()


@pytest.mark.parametrize("order", ["fees, expire, lapse", "lapse", "expire, fees, lapse", "expire, lapse, fees"])
def test_the_order_of_the_jobs_does_not_change_the_ledger(session: Session, order: str) -> None:
    world = vos(session, maintenance_fee_micros=micros("0.10"), maintenance_every_hours=24)
    now = GRACE_END + timedelta(days=3)
    jobs = {
        "fees": lambda: book_due_fees(session, ids(world), JOB, now),
        "expire": lambda: expire(world, now),
        "lapse": lambda: lapse(world, now),
    }
    for job in order.split(", "):
        jobs[job]()
    fees = [amount for kind, _, amount in world.ledger() if kind == "maintenance_fee"]
    assert (fees, lapses(world)[0][1]) == ([micros("0.10")] * 30, micros("2.00"))
    assert world.is_proved()


def test_jobs_at_once_lapse_each_card_once(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session:
        world = a_world(session, series={**VOS, "quantity": 30, "expiry_date": date(2026, 1, 31)})
        session.commit()
        at_once(engine, [lambda s: lapse(world.on(s), GRACE_END + timedelta(days=1))] * 5)
        assert len(lapses(world)) == 30
        assert {world.wallet(place) for place in range(30)} == {(0, 0, 0)}
        assert world.is_proved()
