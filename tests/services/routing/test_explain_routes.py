"""What `route test` shows is what a call of the same moment gets."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from factories import BRITAIN, NOW, RATES, World, a_carrier, a_rate_table, a_world, row
from sqlalchemy import insert, select

from models import Account, AccountLoad, AccountNumber, CallerIdMode, NumberUse, RoutingPlan
from services.rates.simulate_call import AskedCall
from services.routing.explain_routes import ExplainedCall, explain_card_routes, explain_table_routes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ASKED = AskedCall(BRITAIN, NOW, UTC)


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session)


def plan_id(world: World) -> int:
    return world.session.scalars(select(RoutingPlan.id).where(RoutingPlan.name == "Cheapest first")).one()


def told(explained: ExplainedCall) -> dict[str, Any]:
    """The place, or the reason, of each carrier."""
    return {route.endpoint: route.place or route.reason.value for route in explained.routes}


def explain(world: World) -> ExplainedCall:
    return explain_card_routes(world.session, ASKED, world.card())


def test_the_routes_shown_are_those_of_the_call(world: World) -> None:
    explained = explain(world)
    assert told(explained) == {"test.cheap": 1, "test.second": 2, "test.dear": 3}
    assert [route.endpoint for route in world.good_quote().routes] == list(told(explained))
    first = explained.routes[0]
    assert (first.prefix, first.number, first.shown, first.ring_seconds) == ("44", BRITAIN, "passed", 45)
    assert (first.buy_micros, first.sell_micros, first.margin_micros) == (24_000, 60_000, 36_000)
    assert explained.call.limit_seconds == world.good_quote().limit_seconds == 5_000


def test_each_carrier_that_is_passed_over_has_its_reason(world: World) -> None:
    session, plan = world.session, plan_id(world)
    for name, values in {"full": {"terminator_capacity": 0}, "short": {"cut_prefix": BRITAIN}, "tired": {}}.items():
        a_carrier(session, plan, f"test.{name}", a_rate_table(session, name, RATES), **values)
    loss = [{**rate, "price_per_minute_micros": 90_000} for rate in RATES]
    a_carrier(session, plan, "test.loss", a_rate_table(session, "loss", loss))
    a_carrier(session, plan, "test.euro", a_rate_table(session, "euro", RATES, "EUR"))
    a_carrier(session, plan, "test.none", a_rate_table(session, "none", []))
    a_carrier(session, plan, "test.blocked", a_rate_table(session, "blocked", [{**RATES[1], "is_blocked": True}]))
    tired = session.scalars(select(Account.id).where(Account.endpoint == "test.tired")).one()
    row_of_load = {"account_id": tired, "failures_in_row": 10, "rested_until": NOW + timedelta(seconds=5)}
    session.execute(insert(AccountLoad).values(row_of_load))
    world.set(RoutingPlan, plan, routes_max=1, price_cap_percent=60)
    assert told(explain(world)) == {
        "test.cheap": 1,
        "test.second": "beyond_routes_max",
        "test.dear": "above_price_cap",
        "test.full": "full",
        "test.short": "number_not_dialable",
        "test.tired": "rested",
        "test.loss": "loss",
        "test.euro": "other_currency",
        "test.none": "no_rate",
        "test.blocked": "blocked",
    }
    assert [route.endpoint for route in world.good_quote().routes] == ["test.cheap"]


def test_the_caller_id_and_the_number_are_those_of_the_carrier(world: World) -> None:
    """V-35, and features.md 2f: number translation by vendor."""
    cheap = world.carriers["test.cheap"]
    world.set(
        Account, cheap, caller_id_mode=CallerIdMode.FIXED, cut_prefix="44", add_prefix="0", terminator_tech_prefix="77"
    )
    row(world.session, AccountNumber, account_id=cheap, use=NumberUse.SHOWN, number="15559990001")
    first = explain(world).routes[0]
    assert (first.number, first.shown) == ("7702071234567", "15559990001")
    route = world.call("call").quote.routes[0]
    assert (route.number, route.shown) == ("7702071234567", "15559990001")


def test_a_polled_pool_takes_its_numbers_in_turn(world: World) -> None:
    """V-35: each call that begins at this carrier shows the next number."""
    cheap = world.carriers["test.cheap"]
    world.set(Account, cheap, caller_id_mode=CallerIdMode.POOL_POLLED)
    for number in ("15559990001", "15559990002"):
        row(world.session, AccountNumber, account_id=cheap, use=NumberUse.SHOWN, number=number)
    quotes = [world.good_quote(place=place) for place in (0, 1)]
    shown = [world.authorise(f"call-{place}", quote).quote.routes[0].shown for place, quote in enumerate(quotes)]
    assert shown == ["15559990001", "15559990002"]
    again = world.authorise("call-1", quotes[1])
    assert again.quote.routes[0].shown == "15559990002"
    assert world.is_proved()


def test_by_a_table_and_a_plan_no_card_is_needed(world: World) -> None:
    explained = explain_table_routes(world.session, ASKED, world.rate_table_id, plan_id(world))
    assert told(explained) == {"test.cheap": 1, "test.second": 2, "test.dear": 3}
    nowhere = AskedCall("9912345", NOW, UTC)
    assert explain_table_routes(world.session, nowhere, world.rate_table_id, plan_id(world)).routes == ()
