"""A simulated call is refused, limited and routed as the real one: by carriers, by the day, and without a card."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, LITHUANIA, NOW, World, a_world, answered, micros, row
from sqlalchemy import select

from billing.lcr import SkipReason
from billing.refusals import Refusal
from models import Account, Client, RoutingPlan, Wallet, WalletKind
from services.accounts.account_facts import get_account
from services.calls.quote_account_call import quote_account_call
from services.calls.quote_call import Quote
from services.rates.simulate_account_call import simulate_account_call
from services.rates.simulate_call import AskedCall, SimulatedCall, SimulationRefused, simulate_card_call
from services.routing.explain_routes import explain_routes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def by_card(world: World, number: str = BRITAIN, *, seconds: int | None = None) -> SimulatedCall:
    return simulate_card_call(world.session, AskedCall(number, NOW, UTC, seconds), world.card())


def an_account(world: World, balance: str, **values: object) -> int:
    """Of a client with this balance; it sells by the world's table and routes by its plan."""
    session = world.session
    money = {"opening_micros": micros(balance), "balance_micros": micros(balance)}
    wallet_id = row(session, Wallet, kind=WalletKind.CLIENT, currency="USD", **money)
    client_id = row(session, Client, name="Shops", wallet_id=wallet_id)
    terms = {"originator_rate_table_id": world.rate_table_id, "originator_routing_plan_id": _plan(session)}
    return row(session, Account, client_id=client_id, name="one", originator_enabled=True, **{**terms, **values})


def _plan(session: Session) -> int | None:
    return session.scalars(select(RoutingPlan.id)).first()


def test_a_card_call_names_its_carriers_with_cost_and_margin_of_the_very_call(session: Session) -> None:
    world = a_world(session)
    call = by_card(world, seconds=90)
    quote = world.good_quote()
    explained = explain_routes(call, call.talk_seconds)
    routes = [route for route in explained.routes if route.place]
    assert [route.endpoint for route in routes] == [route.endpoint for route in quote.routes]
    assert explained.compared_seconds == 90
    for route in routes:
        assert route.sell_micros == call.cost_micros  # no taxes, no surcharge
        assert route.margin_micros == call.cost_micros - (route.buy_micros or 0) > 0


def test_a_call_that_no_carrier_takes_is_refused_as_the_real_one(session: Session) -> None:
    world = a_world(session)
    for account_id in world.carriers.values():
        world.set(Account, account_id, terminator_capacity=0)
    assert by_card(world).refusal is world.quote() is Refusal.ALL_LINES_BUSY
    for account_id in world.carriers.values():
        world.set(Account, account_id, terminator_enabled=False)
    assert by_card(world).refusal is world.quote() is Refusal.NO_ROUTE


def test_a_limit_of_the_day_shortens_the_simulated_call_too(session: Session) -> None:
    world = a_world(session, group={"spend_a_day_max_micros": micros("0.50"), "talk_seconds_a_day_max": 1_000})
    world.call("first")
    world.settle(answered("first", 120))
    call = by_card(world)
    assert call.limit_seconds == world.good_quote().limit_seconds == 380
    assert call.as_object()["day_left_micros"] == micros("0.38")
    assert call.as_object()["day_left_seconds"] == 880
    world.call("second")
    world.settle(answered("second", 380))
    assert by_card(world).refusal is world.quote() is Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION


@pytest.mark.parametrize("balance", ["0.001", "0.50", "5000.00"])
def test_an_accounts_call_has_the_price_limit_and_routes_of_the_real_quote(session: Session, balance: str) -> None:
    world = a_world(session)
    account = get_account(session, an_account(world, balance))
    call = simulate_account_call(session, AskedCall(BRITAIN, NOW, UTC), account)
    quote = quote_account_call(session, account, BRITAIN, NOW)
    assert isinstance(quote, Quote)
    assert (call.price, call.limit_seconds, call.refusal) == (quote.price, quote.limit_seconds, None)
    assert call.limit_cost_micros == quote.amount_micros <= account.available_micros
    assert call.choice is not None
    assert call.choice.routes == quote.routes


def test_an_accounts_call_is_refused_as_the_real_one(session: Session) -> None:
    world = a_world(session)
    account_id = an_account(world, "0.50", originator_capacity=0)

    def simulated(number: str = BRITAIN, **how: int) -> SimulatedCall:
        return simulate_account_call(session, AskedCall(number, NOW, UTC), get_account(session, account_id), **how)

    assert simulated().refusal is Refusal.ALL_LINES_BUSY
    world.set(Account, account_id, originator_capacity=None)
    assert simulated().refusal is None
    assert simulated(balance_micros=0).refusal is Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION
    assert simulated("999888777").refusal is Refusal.NO_RATE
    assert simulated("1").refusal is not None
    world.set(Account, account_id, originator_enabled=False)
    assert simulated().refusal is Refusal.NOT_ALLOWED
    world.set(Account, account_id, originator_rate_table_id=None)
    with pytest.raises(SimulationRefused, match="has a rate table"):
        simulated()


def test_why_an_accounts_carrier_is_passed_over_is_told(session: Session) -> None:
    world = a_world(session)
    account = get_account(session, an_account(world, "5.00"))
    world.set(Account, world.carriers["test.cheap"], terminator_capacity=0)
    call = simulate_account_call(session, AskedCall(LITHUANIA, NOW, UTC), account)
    reasons = {route.endpoint: route.reason for route in explain_routes(call).routes if route.reason}
    assert reasons["test.cheap"] is SkipReason.FULL
