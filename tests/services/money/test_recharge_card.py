"""Recharges: once for each reference, within the limits of the group, and what they do to a card's state and dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from factories import NOW, World, a_world, answered, at_once, micros
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import CardStatus, CardType, RechargeExtends, SeriesStatus
from models import AuditEntry, Card
from services.audit.audit import Actor, Door, broken_links
from services.money.book_movement import BALANCE_MICROS_MAX
from services.money.recharge_card import Recharged, RechargeRefused, recharge_card

if TYPE_CHECKING:
    from sqlalchemy import Engine

CLERK = Actor("anna", Door.CONSOLE)
RECHARGEABLE = {"card_type": CardType.RECHARGEABLE}
IN_USE = {"status": CardStatus.ACTIVATED, "activated_at": NOW - timedelta(days=10)}


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session, group=RECHARGEABLE)


def recharge(
    world: World, amount: str = "10.00", reference: str = "R-1", *, place: int = 0, now: datetime = NOW
) -> Recharged:
    return recharge_card(world.session, world.cards[place].card_id, micros(amount), reference, CLERK, now, UTC)


def refused(world: World, amount: str = "10.00", reference: str = "R-1", *, place: int = 0) -> str:
    before = (world.wallet(place), world.ledger())
    with pytest.raises(RechargeRefused) as told:
        recharge(world, amount, reference, place=place)
    assert (world.wallet(place), world.ledger()) == before
    return str(told.value)


def dates(world: World) -> tuple[datetime | None, datetime | None, str | None]:
    query = select(Card.expires_at, Card.grace_ends_at, Card.expiry_given_by).where(Card.id == world.cards[0].card_id)
    return tuple(world.session.execute(query).one())


def test_a_recharge_is_one_ledger_row_from_the_payments(world: World) -> None:
    """V-6."""
    done = recharge(world)
    assert (done.amount_micros, done.balance_micros, done.is_repeat) == (micros("10.00"), micros("15.00"), False)
    assert world.wallet() == (micros("15.00"), 0, 0)
    assert world.ledger() == [("recharge", "recharge:R-1", micros("10.00"))]
    assert world.card().status is CardStatus.PENDING
    assert world.is_proved()


def test_a_repeat_gives_the_first_result_and_moves_nothing(world: World) -> None:
    """F27: even when the card was charged, recharged and blocked in between."""
    first = recharge(world)
    recharge(world, "1.00", "R-2")
    world.set_card(status=CardStatus.BLOCKED)
    again = recharge(world)
    assert (again.balance_micros, again.is_repeat) == (first.balance_micros, True)
    assert world.wallet() == (micros("16.00"), 0, 0)
    assert len(world.ledger()) == 2


def test_a_reference_belongs_to_one_amount_and_one_card(world: World) -> None:
    recharge(world)
    assert "own" in refused(world, "10.01")
    assert "own" in refused(world, place=1)


@pytest.mark.parametrize(
    ("amount", "reference", "word"),
    [("0.00", "R-1", "above 0"), ("1.00", " ", "reference"), ("1.00", "x" * 101, "reference")],
)
def test_an_entry_without_sense_is_refused(world: World, amount: str, reference: str, word: str) -> None:
    assert word in refused(world, amount, reference)


def test_the_limits_of_the_group_hold_for_each_recharge(world: World) -> None:
    """V-28."""
    world.set_group(recharge_min_micros=micros("5.00"), recharge_max_micros=micros("20.00"))
    assert "5.00 USD or more" in refused(world, "4.99")
    assert "at most 20.00 USD" in refused(world, "20.01")
    recharge(world, "5.00", "low")
    recharge(world, "20.00", "high")
    assert world.wallet() == (micros("30.00"), 0, 0)


def test_a_card_never_holds_more_than_a_column_can(world: World) -> None:
    with pytest.raises(RechargeRefused, match="less"):
        recharge_card(world.session, world.cards[0].card_id, BALANCE_MICROS_MAX, "R-1", CLERK, NOW, UTC)
    assert world.ledger() == []


@pytest.mark.parametrize(
    ("card", "group", "series", "word"),
    [
        ({}, {"card_type": CardType.STANDARD}, {}, "rechargeable"),
        ({}, {"card_type": CardType.UNLIMITED}, {}, "rechargeable"),
        ({"status": CardStatus.INACTIVE}, {}, {}, "release"),
        ({"status": CardStatus.BLOCKED, "status_before": CardStatus.PENDING}, {}, {}, "unblock"),
        ({}, {}, {"status": SeriesStatus.STOPPED}, "series"),
        ({"expires_at": NOW, "grace_ends_at": NOW}, {}, {}, "expired"),
        ({**IN_USE, "expires_at": NOW, "grace_ends_at": NOW + timedelta(days=7)}, {}, {}, "new date"),
    ],
)
def test_a_card_that_cannot_use_the_money_takes_none(
    world: World, card: dict[str, Any], group: dict[str, Any], series: dict[str, Any], word: str
) -> None:
    """features.md 3.2. The last: in its grace, but its series moves no date, so that the money would lapse."""
    if card:
        world.set_card(**card)
    if group:
        world.set_group(**group)
    if series:
        world.set_series(**series)
    assert word in refused(world)


def test_a_used_card_is_in_use_again(world: World) -> None:
    world.set_card(**{**IN_USE, "status": CardStatus.USED})
    recharge(world)
    assert world.card().status is CardStatus.ACTIVATED


def test_a_recharge_in_mid_call_counts_at_once_and_the_call_goes_on(world: World) -> None:
    """F19: no lost update; the limit of the running call stays."""
    held = world.call("call-1")
    limit = held.quote.limit_seconds
    recharge(world)
    balance, held_micros, open_holds = world.wallet()
    assert (balance, open_holds) == (micros("15.00"), 1)
    assert balance - held_micros == world.card().available_micros
    settled = world.settle(answered("call-1", 60))
    assert settled.cost_micros == micros("0.06")
    assert settled.talk_seconds == 60 <= limit
    assert world.wallet() == (micros("14.94"), 0, 0)
    assert world.is_proved()


@pytest.mark.parametrize(
    ("extends", "last_day"),
    [
        (RechargeExtends.NO, datetime(2026, 12, 2, tzinfo=UTC)),
        (RechargeExtends.FROM_NOW, datetime(2026, 12, 23, tzinfo=UTC)),
        (RechargeExtends.FROM_OLD_DATE, datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_recharge_lengthens_the_life_as_the_series_says(
    world: World, extends: RechargeExtends, last_day: datetime
) -> None:
    """features.md 3.7."""
    world.set_series(recharge_extends_expiry=extends, expiry_period_days=30, expiry_grace_days=7)
    ends = datetime(2026, 12, 2, tzinfo=UTC)
    world.set_card(**IN_USE, expires_at=ends, grace_ends_at=ends + timedelta(days=7))
    recharge(world)
    given_by = None if extends is RechargeExtends.NO else "recharge"
    assert dates(world) == (last_day, last_day + timedelta(days=7), given_by)
    recharge(world)
    assert dates(world)[0] == last_day


@pytest.mark.parametrize("before", [CardStatus.ACTIVATED, CardStatus.USED])
def test_an_expired_card_in_its_grace_is_revived(world: World, before: CardStatus) -> None:
    """V-14."""
    world.set_series(recharge_extends_expiry=RechargeExtends.FROM_NOW, expiry_period_days=30, expiry_grace_days=7)
    ends = {"expires_at": NOW - timedelta(days=1), "grace_ends_at": NOW + timedelta(days=6)}
    world.set_card(**{**IN_USE, **ends, "status": CardStatus.EXPIRED, "status_before": before})
    recharge(world)
    assert world.card().status is CardStatus.ACTIVATED
    assert dates(world)[0] == datetime(2026, 12, 23, tzinfo=UTC)
    assert world.is_proved()


def test_a_fee_that_found_no_money_on_its_day_does_not_eat_the_recharge(session: Session) -> None:
    """features.md 3.6: the rest is not owed, however late the nightly job is."""
    series = {"maintenance_fee_micros": micros("0.25"), "face_value_micros": micros("0.30")}
    world = a_world(session, group=RECHARGEABLE, series=series)
    world.set_card(**IN_USE)
    assert recharge(world).balance_micros == micros("10.00")
    kinds = [kind for kind, *_ in world.ledger()]
    assert kinds == ["maintenance_fee", "maintenance_fee", "recharge"]
    assert world.is_proved()


def test_a_recharge_stands_in_the_audit_log_once(world: World) -> None:
    recharge(world)
    recharge(world)
    [entry] = world.session.scalars(select(AuditEntry)).all()
    assert (entry.act, entry.object_id, entry.door) == ("card.recharged", world.card().number, "console")
    assert (entry.before["balance_micros"], entry.after["balance_micros"]) == (micros("5.00"), micros("15.00"))
    assert list(broken_links(world.session)) == []


def test_recharges_at_once_all_count(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group=RECHARGEABLE)
        session.commit()
        at_once(engine, [lambda s, n=n: recharge(world.on(s), "1.00", f"R-{n}") for n in range(12)])
        assert world.wallet() == (micros("17.00"), 0, 0)
        assert world.is_proved()


def test_recharges_with_one_reference_at_once_count_once(engine: Engine) -> None:
    """F27: a form that was sent twenty times."""
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group=RECHARGEABLE)
        session.commit()
        done = at_once(engine, [lambda s: recharge(world.on(s))] * 20)
        assert {one.balance_micros for one in done} == {micros("15.00")}
        assert sorted(one.is_repeat for one in done) == [False] + [True] * 19
        assert world.wallet() == (micros("15.00"), 0, 0)
        assert world.is_proved()


def test_of_two_cards_with_one_reference_at_once_one_is_recharged(engine: Engine) -> None:
    def outcome(world: World, place: int) -> bool:
        try:
            recharge(world, place=place)
        except RechargeRefused:
            return False
        return True

    with Session(engine, autoflush=False) as session:
        world = a_world(session, group=RECHARGEABLE)
        session.commit()
        done = at_once(engine, [lambda s, place=place: outcome(world.on(s), place) for place in (0, 1)])
        assert sorted(done) == [False, True]
        assert sum(world.wallet(place)[0] for place in (0, 1)) == micros("20.00")
        assert world.is_proved()
