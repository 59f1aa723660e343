"""A simulated call tells what the real one would: prefix, price, limit, announcement and the sum."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from factories import ACCESS, BRITAIN, LITHUANIA, NOW, World, a_rate_table, a_world, answered, micros

from billing.money import text_from_micros
from billing.refusals import Refusal
from billing.states import CardStatus
from models import Card
from services.audit.audit import Actor, Door
from services.rates.block_prefix import block_prefix
from services.rates.save_rate import add_rate
from services.rates.simulate_call import (
    AskedCall,
    SimulatedCall,
    SimulationRefused,
    lookup_rate,
    simulate_card_call,
    simulate_table_call,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

OPERATOR = Actor("ann", Door.CONSOLE)
TEN_CENTS: dict[str, Any] = {"prefix": "49", "destination_name": "Germany", "price_per_minute_micros": 100_000}
GERMANY = "4930123456"
STEP_11 = [{"seconds": 120, "price_per_minute_micros": 500_000, "increment_seconds": 1, "fee_micros": 0}]
STEP_12 = [{"seconds": 90, "price_per_minute_micros": 400_000, "increment_seconds": 60, "fee_micros": 0}]
BY_MINUTE = {"first_block_seconds": 60, "increment_seconds": 60}


def by_table(session: Session, balance: str, seconds: int | None = None, **terms: Any) -> SimulatedCall:  # noqa: ANN401
    table_id = a_rate_table(session, "Retail", [])
    add_rate(session, table_id, {**TEN_CENTS, **terms}, OPERATOR, NOW)
    return simulate_table_call(session, AskedCall(GERMANY, NOW, UTC, seconds), table_id, micros(balance))


def by_card(world: World, number: str = LITHUANIA, *, seconds: int | None = None, **how: Any) -> SimulatedCall:  # noqa: ANN401
    return simulate_card_call(world.session, AskedCall(number, NOW, UTC, seconds), world.card(), **how)


@pytest.mark.parametrize(
    ("terms", "credit", "limit_seconds", "cost"),
    [
        pytest.param({}, "1.00", 600, "1.000000", id="1 plain"),
        pytest.param(BY_MINUTE, "0.25", 120, "0.200000", id="2 blocks of a minute"),
        pytest.param({"first_block_seconds": 60}, "0.05", 0, None, id="3 first block"),
        pytest.param({"first_block_seconds": 300, "increment_seconds": 60}, "0.30", 0, None, id="4 long block"),
        pytest.param({"surcharge_seconds": 20}, "1.00", 580, "1.000000", id="5 surcharge"),
        pytest.param({"cost_min_micros": 500_000}, "0.20", 0, None, id="6 minimum cost"),
        pytest.param({"block_fee_micros": 50_000, "block_fee_seconds": 60}, "1.00", 419, "0.998334", id="7 block fee"),
        pytest.param(
            {"disconnect_fee_micros": 300_000, "disconnect_fee_after_seconds": 120},
            "1.00",
            420,
            "1.000000",
            id="8 disconnect fee",
        ),
        pytest.param(
            {"round_up_above_seconds": 60, "round_up_to_seconds": 600}, "0.50", 60, "0.100000", id="9 rounded up"
        ),
        pytest.param({"connect_fee_micros": 300_000}, "1.00", 420, "1.000000", id="10 connect fee"),
        pytest.param({"steps": STEP_11}, "1.20", 240, "1.200000", id="11 step"),
        pytest.param({"steps": STEP_12, **BY_MINUTE}, "1.00", 210, "1.000000", id="12 step in blocks"),
    ],
)
def test_the_twelve_vectors_by_table(
    session: Session, terms: dict[str, Any], credit: str, limit_seconds: int, cost: str | None
) -> None:
    """features.md 3.11, from the rate as it is saved."""
    call = by_table(session, credit, **terms)
    assert call.limit_seconds == limit_seconds
    if cost is None:
        assert (call.refusal, call.limit_cost_micros) == (Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION, 0)
        assert call.cost_micros > call.available_micros  # of one second: what is too dear
    else:
        assert (call.refusal, text_from_micros(call.cost_micros, 6)) == (None, cost)
    assert sum(line.amount_micros for line in call.lines) == call.cost_micros


def test_each_line_tells_its_arithmetic(session: Session) -> None:
    call = by_table(session, "1.00", 61, connect_fee_micros=100_000, first_block_seconds=60, increment_seconds=6)
    assert [(line.what, line.amount_micros, line.how) for line in call.lines] == [
        ("connection fee", 100_000, "for each answered call"),
        ("talk", 110_000, "61 s in blocks of 60/6 s = 66 s; 0.10 a minute x 66 s / 60, rounded up"),
    ]


def test_the_percent_of_a_rate_is_announced_and_changes_no_money(session: Session) -> None:
    """features.md 3.3."""
    call = by_table(session, "1.00", ghost_minutes_percent=90)
    assert (call.limit_seconds, call.announced_percent, call.announced_seconds) == (600, 90, 540)


@pytest.mark.parametrize(("percent", "minutes"), [(90, 63), (100, 70), (110, 77), (120, 84)])
def test_a_group_announces_its_percent(session: Session, percent: int, minutes: int) -> None:
    """features.md 3.3: MOR's ghost minutes; the dial limit stays 4,200 s."""
    world = a_world(session, group={"ghost_minutes_percent": percent, "says_seconds": False})
    call = by_card(world)
    assert (call.limit_seconds, call.announced_seconds) == (4_200, minutes * 60)


def test_a_simulated_call_is_what_the_real_one_then_is(session: Session) -> None:
    """With activation fee, surcharge, several taxes and a percent of the group."""
    world = a_world(
        session,
        series={"activation_fee_micros": micros("1.00")},
        access={"surcharge_micros": 20_000, "surcharge_per_minute_micros": 10_000},
        taxes=(("VAT", 20), ("City", 3)),
        group={"ghost_minutes_percent": 80},
    )
    simulated = by_card(world, access_number=ACCESS, seconds=90)
    quote = world.good_quote(LITHUANIA)
    assert simulated.price == quote.price
    assert (simulated.limit_seconds, simulated.limit_cost_micros) == (quote.limit_seconds, quote.amount_micros)
    assert simulated.announced_seconds == quote.announced_seconds
    world.authorise("c1", quote)
    assert world.settle(answered("c1", 90)).cost_micros == simulated.cost_micros
    booked = {
        kind: amount for kind, reference, amount in world.ledger() if "c1" in reference or kind == "activation_fee"
    }
    lines = {line.term: line.amount_micros for line in simulated.lines}
    assert booked["activation_fee"] == lines["activation_fee"]
    assert booked["access_surcharge"] == lines["access_surcharge"]


def test_the_activation_fee_shortens_the_first_call(session: Session) -> None:
    """features.md 3.5: 2,484 s for 4.998."""
    call = by_card(a_world(session, series={"activation_fee_micros": micros("2.00")}))
    assert (call.limit_seconds, call.limit_cost_micros) == (2_484, micros("4.998"))


def test_without_an_access_number_there_is_no_surcharge(session: Session) -> None:
    world = a_world(session, access={"surcharge_micros": 20_000})
    assert [line.what for line in by_card(world, seconds=60).lines] == ["connection fee", "talk"]
    with pytest.raises(SimulationRefused, match="access number 999 does not lead to the group"):
        by_card(world, access_number="999")


def test_another_balance_can_be_asked_and_nothing_is_written(world: World) -> None:
    before = world.wallet()
    assert by_card(world, balance_micros=micros("1.00")).limit_seconds == 768
    assert world.wallet() == before
    assert world.ledger() == []


def test_the_moment_decides_which_rate_holds(world: World) -> None:
    """Days and hours are those of the platform's zone."""
    night = {**TEN_CENTS, "prefix": "44", "until_minute": 360}
    add_rate(world.session, world.rate_table_id, night, OPERATOR, NOW - timedelta(days=1))
    at = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)

    def price(zone: Any) -> int:  # noqa: ANN401
        rate = lookup_rate(world.session, world.rate_table_id, BRITAIN, at, zone)
        assert rate is not None
        return rate.tariff.price_per_minute_micros

    assert price(UTC) == 100_000
    assert price(ZoneInfo("Europe/Vilnius")) == 60_000


def test_what_a_caller_would_hear_instead_is_told(world: World) -> None:
    session = world.session
    assert by_card(world, "99999999").refusal is Refusal.NO_RATE
    assert by_card(world, "12").refusal is Refusal.TOO_SHORT
    assert by_card(world, balance_micros=0).refusal is Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION
    block_prefix(session, world.rate_table_id, "3706", OPERATOR, NOW)
    assert by_card(world).refusal is Refusal.NOT_ALLOWED
    world.set(Card, world.cards[0].card_id, status=CardStatus.BLOCKED, status_before=CardStatus.PENDING)
    call = by_card(world, BRITAIN)
    assert (call.refusal, call.limit_seconds) == (Refusal.CARD_BLOCKED, 5_000)


def test_a_number_that_is_none_is_refused(session: Session) -> None:
    table_id = a_rate_table(session, "Retail", [])
    for number in ("x", "", "12", "1" * 16):
        with pytest.raises(SimulationRefused, match="write it in international form"):
            simulate_table_call(session, AskedCall(number, NOW, UTC), table_id, 0)


def test_a_simulation_is_plain_values_for_json(world: World) -> None:
    told = by_card(world, seconds=60).as_object()
    assert (told["prefix"], told["destination_name"], told["refusal"]) == ("370", "Lithuania", None)
    assert told["price"]["tariff"]["connect_fee_micros"] == 100_000
    assert [line["term"] for line in told["lines"]] == ["connect_fee", "talk"]
