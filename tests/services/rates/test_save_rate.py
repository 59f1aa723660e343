from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from factories import BRITAIN, LITHUANIA, NOW, World, a_rate_table, at_once
from sqlalchemy import select, update

from billing.refusals import Refusal
from models import RATE_TERMS, AuditEntry, Rate, RateTable
from services.audit.audit import Actor, Door
from services.rates.block_prefix import block_prefix, unblock_prefix
from services.rates.rate_report import rates_of_table
from services.rates.save_rate import SavedRate, add_rate, change_rate, end_rate
from services.rates.save_rate_table import delete_rate_table
from services.routing.deck_revision import deck_revision
from services.store.fields import FieldsRefused
from services.store.version_check import NotThere

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

OPERATOR = Actor("ann", Door.CONSOLE)
LATVIA: dict[str, Any] = {"prefix": "371", "destination_name": "Latvia", "price_per_minute_micros": 80_000}
EVERY_TERM: dict[str, Any] = {
    "connect_fee_micros": 1,
    "first_block_seconds": 60,
    "increment_seconds": 6,
    "cost_min_micros": 2,
    "free_seconds": 3,
    "surcharge_seconds": 4,
    "disconnect_fee_micros": 5,
    "disconnect_fee_after_seconds": 6,
    "block_fee_micros": 7,
    "block_fee_seconds": 8,
    "round_up_above_seconds": 9,
    "round_up_to_seconds": 10,
    "valid_until": NOW + timedelta(days=30),
    "days": 31,
    "from_minute": 480,
    "until_minute": 1_080,
    "ghost_minutes_percent": 90,
    "steps": [{"seconds": 120, "price_per_minute_micros": 9, "increment_seconds": 60, "fee_micros": 1}],
}
LATER = NOW + timedelta(days=10)


@pytest.fixture
def table_id(session: Session) -> int:
    return a_rate_table(session, "Retail", [])


def added(session: Session, table_id: int, **values: Any) -> SavedRate:  # noqa: ANN401
    return add_rate(session, table_id, {**LATVIA, **values}, OPERATOR, NOW)


def shown(session: Session, table_id: int) -> list[tuple[int, str, str | None]]:
    rates = rates_of_table(session, table_id).rates
    return [(rate["price_per_minute_micros"], rate["valid_from"], rate["valid_until"]) for rate in rates]


def test_a_rate_has_every_term_of_the_feature_table(session: Session, table_id: int) -> None:
    """features.md 2d, and its validity, days, hours and ghost percent."""
    rate = added(session, table_id, **EVERY_TERM)
    stored = session.get_one(Rate, rate.id)
    assert {name: getattr(stored, name) for name in {**LATVIA, **EVERY_TERM}} == {**LATVIA, **EVERY_TERM}


def test_every_column_of_a_rate_can_be_saved() -> None:
    columns = {"id", "rate_table_id", *RATE_TERMS}
    assert columns == {"id", "rate_table_id", "valid_from", "is_blocked", *LATVIA, *EVERY_TERM}


def test_a_change_ends_the_old_price_and_begins_the_new_one(session: Session, table_id: int) -> None:
    rate = added(session, table_id, connect_fee_micros=5)
    changed = change_rate(session, rate.id, {"price_per_minute_micros": 90_000}, OPERATOR, NOW, begins_at=LATER)
    assert changed.ended_id == rate.id
    assert shown(session, table_id) == [
        (80_000, NOW.isoformat(), LATER.isoformat()),
        (90_000, LATER.isoformat(), None),
    ]
    assert session.get_one(Rate, changed.id).connect_fee_micros == 5


def test_a_price_that_has_not_begun_is_changed_itself(session: Session, table_id: int) -> None:
    rate = added(session, table_id, valid_from=LATER)
    assert change_rate(session, rate.id, {"price_per_minute_micros": 70_000}, OPERATOR, NOW) == SavedRate(rate.id)
    assert shown(session, table_id) == [(70_000, LATER.isoformat(), None)]


def test_the_calls_of_a_moment_cost_what_holds_then(world: World) -> None:
    session = world.session
    [rate_id] = session.scalars(select(Rate.id).where(Rate.rate_table_id == world.rate_table_id, Rate.prefix == "44"))
    change_rate(session, rate_id, {"price_per_minute_micros": 120_000}, OPERATOR, NOW, begins_at=LATER)
    assert world.good_quote(BRITAIN, now=LATER - timedelta(seconds=1)).price.tariff.price_per_minute_micros == 60_000
    assert world.good_quote(BRITAIN, now=LATER).price.tariff.price_per_minute_micros == 120_000


def test_a_rate_that_ends_leaves_the_shorter_prefix(world: World) -> None:
    session = world.session
    rate = add_rate(session, world.rate_table_id, {**LATVIA, "prefix": "4420"}, OPERATOR, NOW)
    assert world.good_quote(BRITAIN).rate_prefix == "4420"
    end_rate(session, rate.id, OPERATOR, NOW, ends_at=LATER)
    assert world.good_quote(BRITAIN, now=LATER).rate_prefix == "44"
    with pytest.raises(FieldsRefused, match="ends by then already"):
        end_rate(session, rate.id, OPERATOR, LATER)


def test_a_rate_that_never_held_is_removed_when_it_is_ended(session: Session, table_id: int) -> None:
    rate = added(session, table_id, valid_from=LATER)
    end_rate(session, rate.id, OPERATOR, NOW)
    assert shown(session, table_id) == []
    with pytest.raises(NotThere, match="no such rate"):
        end_rate(session, rate.id, OPERATOR, NOW)


def test_two_rates_of_one_moment_are_refused_by_name(session: Session, table_id: int) -> None:
    added(session, table_id)
    with pytest.raises(FieldsRefused, match=r"of 371 \(Latvia\) from 2026-11-22 12:00 without end, days all"):
        added(session, table_id, valid_from=LATER)
    added(session, table_id, days=96)
    with pytest.raises(FieldsRefused, match=r"days sat,sun, hours all, holds at the same time: end it first"):
        added(session, table_id, days=64, from_minute=60)
    added(session, table_id, days=31, until_minute=360)


def test_a_price_of_the_first_hours_begins_with_that_of_the_whole_week(session: Session, table_id: int) -> None:
    added(session, table_id)
    added(session, table_id, until_minute=360)
    assert len(shown(session, table_id)) == 2


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"prefix": "+371"}, r"The prefix '\+371' is not digits"),
        ({"prefix": "37x"}, "is not digits"),
        ({"prefix": "0371"}, "begins with 0"),
        ({"prefix": "3" * 21}, "has 21 characters: give 1 to 20"),
        ({"destination_name": " "}, "destination name has 0 characters"),
        ({"price_per_minute_micros": -1}, "is negative: give an amount of 0 or more"),
        ({"price_per_minute_micros": 715_000_000}, r"is 715.00 USD: no call costs more than 500.00, look for a lost"),
        ({"connect_fee_micros": 10**9}, r"connect fee is 1000.00 USD"),
        ({"steps": [{"seconds": 60, "price_per_minute_micros": 10**9}]}, r"price per minute of step 1 is 1000.00"),
        ({"steps": [{"seconds": 0, "price_per_minute_micros": 1}]}, "seconds is 0: give a whole number from 1"),
        ({"steps": [{"minutes": 1}]}, "The price cannot be read"),
        ({"increment_seconds": 0}, "from 1 to 86400"),
        ({"first_block_seconds": 60_000}, "no network bills by more than an hour"),
        ({"block_fee_micros": 1}, "A block fee needs its length"),
        ({"round_up_above_seconds": 60}, "needs both"),
        ({"round_up_above_seconds": 60, "round_up_to_seconds": 30}, "make it longer"),
        ({"valid_until": NOW}, "would end .* before it begins"),
        ({"valid_from": datetime(206, 1, 1, tzinfo=UTC)}, "is in the year 206"),
        ({"valid_from": datetime(2026, 1, 1)}, "a moment with its time zone"),  # noqa: DTZ001
        ({"days": 0}, "from 1 to 127"),
        ({"from_minute": 600, "until_minute": 600}, "two rates, one until 24:00"),
        ({"ghost_minutes_percent": 19}, "from 20 to 200"),
        ({"ghost_minutes_percent": 201}, "from 20 to 200"),
        ({"ghost_minutes_percent": 101}, "turn on allow_ghost_above_100"),
    ],
)
def test_a_rate_that_cannot_be_is_refused(session: Session, table_id: int, values: dict[str, Any], told: str) -> None:
    with pytest.raises(FieldsRefused, match=told):
        added(session, table_id, **values)
    assert shown(session, table_id) == []


def test_every_problem_is_told_at_once(session: Session, table_id: int) -> None:
    with pytest.raises(FieldsRefused) as refused:
        added(session, table_id, prefix="x", connect_fee_micros=10**9, valid_until=NOW)
    assert set(refused.value.problems) == {"prefix", "connect_fee_micros", "valid_until"}
    with pytest.raises(FieldsRefused, match=r"The destination name is needed. The price per minute is needed."):
        add_rate(session, table_id, {"prefix": "371"}, OPERATOR, NOW)


def test_a_percent_above_100_is_announced_only_where_the_platform_permits(session: Session, table_id: int) -> None:
    """features.md 3.3."""
    values = {**LATVIA, "ghost_minutes_percent": 120}
    rate = add_rate(session, table_id, values, OPERATOR, NOW, ghost_above_100_allowed=True)
    assert session.get_one(Rate, rate.id).ghost_minutes_percent == 120


def test_a_dear_currency_unit_is_judged_apart_from_a_cheap_one(session: Session) -> None:
    table_id = a_rate_table(session, "Vietnam", [], currency="VND")
    added(session, table_id, price_per_minute_micros=715_000_000)


def test_a_blocked_prefix_takes_no_call(world: World) -> None:
    session = world.session
    block_prefix(session, world.rate_table_id, "3706", OPERATOR, NOW)
    assert world.quote(LITHUANIA) is Refusal.NOT_ALLOWED
    with pytest.raises(FieldsRefused, match="is blocked already"):
        block_prefix(session, world.rate_table_id, "3706", OPERATOR, NOW)
    with pytest.raises(FieldsRefused, match="its calls would cost nothing"):
        unblock_prefix(session, world.rate_table_id, "3706", OPERATOR, NOW)


def test_a_priced_prefix_is_blocked_and_opened_again(world: World) -> None:
    session = world.session
    block_prefix(session, world.rate_table_id, "370", OPERATOR, NOW)
    assert world.quote(LITHUANIA) is Refusal.NOT_ALLOWED
    unblock_prefix(session, world.rate_table_id, "370", OPERATOR, LATER)
    assert world.good_quote(LITHUANIA, now=LATER).price.tariff.connect_fee_micros == 100_000
    with pytest.raises(FieldsRefused, match="is not blocked"):
        unblock_prefix(session, world.rate_table_id, "370", OPERATOR, LATER)


def test_a_block_of_an_unknown_prefix_needs_a_name(session: Session, table_id: int) -> None:
    with pytest.raises(FieldsRefused, match="has no rate of 371: give the destination a name"):
        block_prefix(session, table_id, "371", OPERATOR, NOW)
    block_prefix(session, table_id, "371", OPERATOR, NOW, destination_name="Latvia")
    assert [rate["is_blocked"] for rate in rates_of_table(session, table_id).rates] == [True]


def test_every_change_is_audited_and_told_to_the_decks(session: Session, table_id: int) -> None:
    before = deck_revision(session)
    rate = added(session, table_id)
    change_rate(session, rate.id, {"connect_fee_micros": 1}, OPERATOR, LATER)
    end_rate(session, rate.id, OPERATOR, NOW, ends_at=NOW + timedelta(days=1))
    acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.number))
    assert list(acts) == ["rate.added", "rate.changed", "rate.ended"]
    assert deck_revision(session) == before + 3


def test_a_change_that_changes_nothing_writes_nothing(session: Session, table_id: int) -> None:
    rate = added(session, table_id)
    before = deck_revision(session)
    assert change_rate(session, rate.id, {"days": 127}, OPERATOR, LATER) == rate
    assert deck_revision(session) == before


def test_a_rate_that_has_ended_is_not_changed(session: Session, table_id: int) -> None:
    rate = added(session, table_id, valid_until=LATER)
    with pytest.raises(FieldsRefused, match="has ended by then: add a new rate"):
        change_rate(session, rate.id, {"connect_fee_micros": 1}, OPERATOR, LATER)


def test_no_rate_is_saved_in_a_deleted_table(session: Session, table_id: int) -> None:
    delete_rate_table(session, table_id, None, OPERATOR, NOW)
    with pytest.raises(FieldsRefused, match="is deleted"):
        added(session, table_id)


def test_rates_are_listed_by_prefix_period_and_page(session: Session, table_id: int) -> None:
    for prefix in ("1", "371", "3712", "372"):
        added(session, table_id, prefix=prefix)
    session.execute(update(Rate).where(Rate.prefix == "372").values(valid_until=LATER))

    def listed(**how: Any) -> list[str]:  # noqa: ANN401
        return [rate["prefix"] for rate in rates_of_table(session, table_id, **how).rates]

    assert listed(prefix="371") == ["371", "3712"]
    assert listed(prefix="37") == ["371", "3712", "372"]
    assert listed(at=LATER) == ["1", "371", "3712"]


def test_a_page_ends_within_the_periods_of_a_prefix(session: Session, table_id: int) -> None:
    rate = added(session, table_id)
    for days in (10, 20):
        begins_at = NOW + timedelta(days=days)
        changes = {"price_per_minute_micros": days}
        rate = change_rate(session, rate.id, changes, OPERATOR, NOW, begins_at=begins_at)
    first = rates_of_table(session, table_id, most=2)
    last = rates_of_table(session, table_id, most=2, after=first.after)
    prices = [[rate["price_per_minute_micros"] for rate in page.rates] for page in (first, last)]
    assert (prices, last.after) == ([[80_000, 10], [20]], None)


def test_a_buying_rate_is_saved_as_a_selling_one(world: World) -> None:
    session = world.session
    buying = session.scalars(select(RateTable.id).where(RateTable.name == "test.cheap")).one()
    [rate_id] = session.scalars(select(Rate.id).where(Rate.rate_table_id == buying, Rate.prefix == "44"))
    change_rate(session, rate_id, {"price_per_minute_micros": 50_000}, OPERATOR, NOW)
    routes = [(route.endpoint, route.buy.price_per_minute_micros) for route in world.good_quote(BRITAIN).routes]
    assert routes == [("test.second", 36_000), ("test.dear", 48_000), ("test.cheap", 50_000)]


def test_of_two_rates_that_are_saved_at_once_one_is_refused(committed_world: World, engine: Engine) -> None:
    def save(name: str) -> Callable[[Session], str]:
        def work(session: Session) -> str:
            try:
                values = {**LATVIA, "destination_name": name}
                add_rate(session, committed_world.rate_table_id, values, OPERATOR, NOW)
            except FieldsRefused:
                return "refused"
            return "saved"

        return work

    assert sorted(at_once(engine, [save(f"Latvia {number}") for number in range(4)])) == ["refused"] * 3 + ["saved"]
