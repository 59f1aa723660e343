"""A quote: the first line that fails decides; else the limit that the money pays, and what the caller is told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from factories import (
    BRITAIN,
    LITHUANIA,
    NOW,
    RATES,
    World,
    a_rate_table,
    a_tax_profile,
    a_world,
    micros,
    row,
)
from sqlalchemy import insert, update

from billing.rating import FREE_PRICE, Tax
from billing.refusals import Refusal
from billing.states import ActivatesOn, CardStatus, CardType
from models import Account, CardGroup, DestinationRule, GhostPercent, Rate, RoutingPlan, RoutingPlanCarrier
from services.calls.quote_call import quote_call

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def deny(world: World, prefix: str, group_id: int | None = None) -> None:
    values = {"card_group_id": group_id, "prefix": prefix, "reason": "fraud"}
    world.session.execute(insert(DestinationRule).values(values))


def set_rate(world: World, of: str, **values: object) -> None:
    mine = (Rate.rate_table_id == world.rate_table_id) & (Rate.prefix == of)
    world.session.execute(update(Rate).where(mine).values(values))


def test_a_quote_holds_exactly_the_cost_of_the_time_it_grants(world: World) -> None:
    """features.md 3.3: 5.00 at 0.07 a minute, connection 0.10, 60/6 pay 4,200 s."""
    quote = world.good_quote(LITHUANIA)
    assert (quote.limit_seconds, quote.amount_micros) == (4_200, micros("5.00"))
    assert (quote.rate_prefix, quote.destination_name) == ("370", "Lithuania")
    assert quote.warning_seconds == (60, 30)
    assert [route.endpoint for route in quote.routes] == ["test.cheap", "test.second", "test.dear"]


@pytest.mark.parametrize(("percent", "minutes"), [(90, 63), (100, 70), (110, 77), (120, 84)])
def test_a_ghost_percent_changes_what_is_said_and_nothing_else(session: Session, percent: int, minutes: int) -> None:
    """M-24 and the table of features.md 3.3."""
    world = a_world(session, group={"ghost_minutes_percent": percent, "says_seconds": False})
    quote = world.good_quote(LITHUANIA)
    assert quote.announced_seconds == minutes * 60
    assert (quote.limit_seconds, quote.amount_micros) == (4_200, micros("5.00"))


@pytest.mark.parametrize(
    ("of_group", "of_rate", "announced_percent"),
    [
        ({}, None, 100),
        ({}, 80, 80),
        ({"44": 70}, 80, 70),  # the group's own word on the same prefix
        ({"4": 70}, 80, 80),  # the rate's prefix is longer
        ({"4420": 70, "44": 60, "4": 50}, 80, 70),
        ({"": 60}, None, 60),
        ({"4421": 70}, None, 100),
    ],
)
def test_the_ghost_percent_of_the_longest_prefix_wins(
    world: World, of_group: dict[str, int], of_rate: int | None, announced_percent: int
) -> None:
    for prefix, percent in of_group.items():
        values = {"card_group_id": world.group_id, "prefix": prefix, "minutes_percent": percent}
        world.session.execute(insert(GhostPercent).values(values))
    set_rate(world, "44", ghost_minutes_percent=of_rate)
    quote = world.good_quote(BRITAIN)
    assert quote.announced_seconds == quote.limit_seconds * announced_percent // 100


def test_seconds_are_floored_to_minutes_where_they_are_not_said(session: Session) -> None:
    world = a_world(session, group={"says_seconds": False}, series={"face_value_micros": micros("0.119")})
    assert (world.good_quote().limit_seconds, world.good_quote().announced_seconds) == (119, 60)


def empty_the_group_of_its_routing_plan(world: World) -> None:
    world.set_group(routing_plan_id=None)


BREAKS: dict[Refusal, Any] = {
    Refusal.NOT_ALLOWED: lambda world: deny(world, "44"),
    Refusal.NO_RATE: lambda world: set_rate(world, "44", prefix="4499"),
    Refusal.NO_ROUTE: empty_the_group_of_its_routing_plan,
    Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION: lambda world: world.set_group(balance_min_to_call_micros=micros("5.01")),
}


@pytest.mark.parametrize("first", range(len(BREAKS)))
def test_the_first_failing_line_decides(world: World, first: int) -> None:
    """features.md 5.3 DEST, lines 3 to 6: everything from one line on is broken, and that line is what is said."""
    for break_it in list(BREAKS.values())[first:]:
        break_it(world)
    assert world.quote() is list(BREAKS)[first]


def test_a_prefix_is_denied_to_one_group_or_to_all(world: World) -> None:
    deny(world, "370", world.group_id)
    deny(world, "4420")
    assert world.quote(LITHUANIA) is Refusal.NOT_ALLOWED
    assert world.quote(BRITAIN) is Refusal.NOT_ALLOWED
    assert world.good_quote("441912345678").limit_seconds


def test_a_blocked_rate_is_not_allowed_even_where_a_shorter_prefix_has_a_price(session: Session) -> None:
    mobile = {"prefix": "447", "destination_name": "Mobile", "price_per_minute_micros": 1, "is_blocked": True}
    world = a_world(session, rates=(*RATES, mobile))
    assert world.quote("447700900123") is Refusal.NOT_ALLOWED
    assert world.good_quote(BRITAIN).rate_prefix == "44"


def test_the_longest_prefix_prices_the_call(session: Session) -> None:
    london = {"prefix": "4420", "destination_name": "London", "price_per_minute_micros": 600_000}
    world = a_world(session, rates=(*RATES, london))
    quote = world.good_quote(BRITAIN)
    assert (quote.rate_prefix, quote.destination_name, quote.limit_seconds) == ("4420", "London", 500)


def test_a_rate_holds_from_its_first_moment_until_before_its_last(world: World) -> None:
    hour = timedelta(hours=1)
    set_rate(world, "44", valid_from=NOW, valid_until=NOW + hour)
    row(
        world.session,
        Rate,
        rate_table_id=world.rate_table_id,
        prefix="44",
        destination_name="Later",
        price_per_minute_micros=600_000,
        valid_from=NOW + hour,
    )
    assert world.quote(now=NOW - timedelta(seconds=1)) is Refusal.NO_RATE
    assert world.good_quote(now=NOW).destination_name == "United Kingdom"
    assert world.good_quote(now=NOW + hour - timedelta(seconds=1)).destination_name == "United Kingdom"
    assert world.good_quote(now=NOW + hour).destination_name == "Later"


def test_a_rate_without_a_successor_ends_at_its_last_moment(world: World) -> None:
    set_rate(world, "44", valid_until=NOW)
    assert world.good_quote(now=NOW - timedelta(seconds=1)).rate_prefix == "44"
    assert world.quote() is Refusal.NO_RATE


def test_a_rate_that_began_later_replaces_an_endless_one(world: World) -> None:
    sale = {"destination_name": "Sale", "price_per_minute_micros": 30_000, "valid_from": NOW}
    row(world.session, Rate, rate_table_id=world.rate_table_id, prefix="44", **sale)
    assert world.quote(now=NOW - timedelta(seconds=1)).destination_name == "United Kingdom"
    assert world.good_quote().destination_name == "Sale"


@pytest.mark.parametrize(("face", "is_granted"), [("0.010", True), ("0.009999", False)])
def test_less_than_the_shortest_call_is_not_enough(session: Session, face: str, *, is_granted: bool) -> None:
    """call_seconds_min is 10, and a second costs 0.001."""
    world = a_world(session, series={"face_value_micros": micros(face)})
    quote = world.quote()
    assert (quote is Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION) is not is_granted


def test_a_caller_with_too_little_hears_so_even_where_carriers_bill_whole_minutes(session: Session) -> None:
    """A carrier's first block makes the few seconds that are left a loss, but the route is there: it is the money."""
    world = a_world(session, series={"face_value_micros": micros("0.009999")})
    session.execute(update(Rate).where(Rate.rate_table_id != world.rate_table_id).values(first_block_seconds=60))
    assert world.quote() is Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION


def test_no_call_is_longer_than_the_group_allows(session: Session) -> None:
    world = a_world(session, group={"call_seconds_max": 600})
    quote = world.good_quote()
    assert (quote.limit_seconds, quote.amount_micros) == (600, micros("0.60"))


def test_calls_at_once_share_the_money(session: Session) -> None:
    """features.md 3.1: two calls of 2,052 s, 2.494 each."""
    world = a_world(session, group={"calls_max": 2})
    first = world.good_quote(LITHUANIA)
    assert (first.limit_seconds, first.amount_micros) == (2_052, micros("2.494"))
    world.call("call-1", LITHUANIA)
    second = world.good_quote(LITHUANIA)
    assert (second.limit_seconds, second.amount_micros) == (2_058, micros("2.501"))
    world.call("call-2", LITHUANIA)
    assert world.wallet() == (micros("5.00"), micros("4.995"), 2)


def test_a_card_in_use_is_quoted_all_that_is_left_and_refused_at_the_hold(world: World) -> None:
    world.set_group(call_seconds_max=600)
    world.call("call-1")
    quote = world.good_quote()
    assert quote.limit_seconds == 600
    assert world.authorise("call-2", quote) is Refusal.CARD_IN_USE


def test_the_activation_fee_is_the_first_term_of_the_first_call(session: Session) -> None:
    """features.md 3.5: 2,484 s, cost 4.998."""
    world = a_world(session, series={"activation_fee_micros": micros("2.00")})
    quote = world.good_quote(LITHUANIA)
    assert quote.activates
    assert (quote.limit_seconds, quote.amount_micros) == (2_484, micros("4.998"))
    world.set_card(status=CardStatus.ACTIVATED, activated_at=NOW)
    assert world.good_quote(LITHUANIA).limit_seconds == 4_200


def test_a_card_that_activates_at_its_first_login_pays_no_fee_in_a_call(session: Session) -> None:
    world = a_world(
        session,
        group={"activates_on": ActivatesOn.FIRST_AUTHENTICATION},
        series={"activation_fee_micros": micros("2.00")},
    )
    quote = world.good_quote(LITHUANIA)
    assert not quote.activates
    assert quote.price.activation_fee_micros == 0


def test_tax_shortens_the_call(session: Session) -> None:
    """JC-34, features.md 3.5: 20 % leave 3,480 s, cost 4.992."""
    quote = a_world(session, taxes=(("VAT", 20),)).good_quote(LITHUANIA)
    assert (quote.limit_seconds, quote.amount_micros) == (3_480, micros("4.992"))


def test_a_tax_profile_that_the_kept_access_does_not_know_is_looked_up(world: World) -> None:
    """An access number is kept for seconds: a series that gets its tax in between is still quoted, with the tax."""
    kept = world.access()
    world.set_series(tax_profile_id=a_tax_profile(world.session, (("VAT", 20),)))
    quote = quote_call(world.session, kept, world.card(), LITHUANIA, NOW)
    assert not isinstance(quote, Refusal)
    assert quote.price.taxes == (Tax("VAT", 200_000),)


def test_the_surcharge_of_the_access_number_is_paid_by_the_call(session: Session) -> None:
    surcharge = {"surcharge_micros": micros("0.50"), "surcharge_per_minute_micros": 60_000}
    quote = a_world(session, access=surcharge).good_quote(BRITAIN)
    assert (quote.limit_seconds, quote.amount_micros) == (2_250, micros("5.00"))


def test_an_unlimited_card_calls_for_nothing_over_carriers_that_cost(session: Session) -> None:
    """V-7: the carriers are still ordered by their price."""
    world = a_world(session, group={"card_type": CardType.UNLIMITED}, series={"face_value_micros": 0})
    quote = world.good_quote()
    assert quote.price == FREE_PRICE
    assert (quote.limit_seconds, quote.amount_micros) == (14_400, 0)
    assert [route.endpoint for route in quote.routes] == ["test.cheap", "test.second", "test.dear"]


def test_an_unlimited_card_reaches_only_the_destinations_of_its_table(session: Session) -> None:
    world = a_world(session, group={"card_type": CardType.UNLIMITED})
    assert world.quote("8201012345678") is Refusal.NO_RATE


def test_a_disposable_card_spends_all_on_its_one_call(session: Session) -> None:
    """V-8: its group may allow five calls at once, the card makes one."""
    world = a_world(session, group={"card_type": CardType.DISPOSABLE, "calls_max": 5})
    assert world.good_quote().limit_seconds == 5_000


def test_carriers_that_would_lose_money_are_no_routes(session: Session) -> None:
    world = a_world(session, carriers={"test.cheap": 40, "test.loss": 101})
    assert [route.endpoint for route in world.good_quote().routes] == ["test.cheap"]
    world.set(Account, world.carriers["test.cheap"], terminator_enabled=False)
    assert world.quote() is Refusal.NO_ROUTE


def test_the_routing_plan_of_the_series_comes_before_that_of_the_group(world: World) -> None:
    """JC-35."""
    plan_id = row(world.session, RoutingPlan, name="Dear only")
    pair = {"routing_plan_id": plan_id, "account_id": world.carriers["test.dear"]}
    world.session.execute(insert(RoutingPlanCarrier).values(pair))
    world.set_series(routing_plan_id=plan_id)
    assert [route.endpoint for route in world.good_quote().routes] == ["test.dear"]


def test_a_carrier_is_priced_by_its_own_longest_prefix(world: World) -> None:
    """A blocked longer prefix takes the carrier out; the other two keep the call."""
    buy_id = a_rate_table(world.session, "New buy", ({**RATES[1], "prefix": "4420", "price_per_minute_micros": 1},))
    world.set(Account, world.carriers["test.dear"], terminator_rate_table_id=buy_id)
    best = world.good_quote().routes[0]
    assert (best.endpoint, best.prefix) == ("test.dear", "4420")
    world.session.execute(update(Rate).where(Rate.rate_table_id == buy_id).values(is_blocked=True))
    assert [route.endpoint for route in world.good_quote().routes] == ["test.cheap", "test.second"]


def test_the_default_settings_of_a_group_are_those_of_the_features_page(world: World) -> None:
    group = world.session.get_one(CardGroup, world.group_id)
    assert (group.calls_max, group.call_seconds_min, group.call_seconds_max) == (1, 10, 14_400)
    assert (group.empty_below_micros, group.ghost_minutes_percent) == (10_000, 100)
