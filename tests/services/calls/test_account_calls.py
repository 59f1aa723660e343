"""A gateway's call is held, limited, settled and recorded by the use cases of cards; its client's wallet pays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
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
    answered,
    at_once,
    not_answered,
    row,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.network import networks_from_text
from billing.refusals import Refusal
from models import Account, AccountAddress, AccountLoad, Client, RoutingPlan, RoutingRule, Wallet, WalletKind
from models.database import make_engine
from services.accounts.identify_account import CallSource, NotIdentified
from services.calls.admit_account_call import Turned, admit_account_call
from services.calls.authorise_call import Authorised
from services.calls.settle_call import settle_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

ADDRESS = "10.0.0.5"
SECOND_MICROS = 1_000  # a second to BRITAIN


@dataclass(frozen=True)
class Gate:
    """One client with an account at ADDRESS."""

    world: World
    session: Session
    client_id: int
    account_id: int
    wallet_id: int

    def call(self, call_id: str, number: str = BRITAIN, address: str = ADDRESS) -> Authorised | Turned:
        source = CallSource(None, address, 5060, None, number, "15550100")
        return admit_account_call(self.session, call_id, source, "1.1", NOW, UTC)

    def why(self, call_id: str, number: str = BRITAIN) -> object:
        answer = self.call(call_id, number)
        assert isinstance(answer, Turned), answer
        return answer.why

    def wallet(self) -> tuple[int, int, int]:
        query = select(Wallet.balance_micros, Wallet.held_micros, Wallet.open_holds)
        return tuple(self.session.execute(query.where(Wallet.id == self.wallet_id)).one())

    def lines(self) -> int:
        query = select(AccountLoad.originating).where(AccountLoad.account_id == self.account_id)
        return self.session.scalars(query).one_or_none() or 0

    def set(self, **values: Any) -> None:  # noqa: ANN401
        self.world.set(Account, self.account_id, **values)


def a_gate(world: World, *, balance: int = 1_000_000, credit: int = 0, **values: Any) -> Gate:  # noqa: ANN401
    session = world.session
    money = {"opening_micros": balance, "balance_micros": balance, "credit_limit_micros": credit}
    wallet_id = row(session, Wallet, kind=WalletKind.CLIENT, currency="USD", **money)
    client_id = row(session, Client, name="Shops", wallet_id=wallet_id)
    plan_id = session.scalars(select(RoutingPlan.id)).first()
    terms = {"originator_rate_table_id": world.rate_table_id, "originator_routing_plan_id": plan_id}
    account = {"client_id": client_id, "name": "one", "originator_enabled": True, **terms, **values}
    account_id = row(session, Account, **account)
    (network,) = networks_from_text(ADDRESS)
    bounds = {"network": network.network, "first": network.first, "last": network.last, "bits": network.bits}
    row(session, AccountAddress, account_id=account_id, **bounds)
    return Gate(world, session, client_id, account_id, wallet_id)


@pytest.fixture
def gate(world: World) -> Gate:
    return a_gate(world)


def test_a_call_is_held_settled_and_recorded_on_the_account(gate: Gate) -> None:
    authorised = gate.call("call-1")
    assert isinstance(authorised, Authorised), authorised
    assert authorised.quote.limit_seconds == 1_000
    assert [route.endpoint for route in authorised.quote.routes] == ["test.cheap", "test.second", "test.dear"]
    assert gate.wallet() == (1_000_000, 1_000_000, 1)
    assert gate.lines() == 1
    settled = gate.world.settle(answered("call-1", 30, ms=900))
    assert (settled.talk_seconds, settled.cost_micros) == (30, 30 * SECOND_MICROS)
    assert gate.wallet() == (1_000_000 - 30 * SECOND_MICROS, 0, 0)
    assert gate.lines() == 0
    record = gate.world.record("call-1")
    assert (record.account_id, record.card_id, record.destination) == (gate.account_id, None, BRITAIN)
    assert record.buy_cost_micros == 30 * 400
    assert gate.world.ledger()[-1] == ("call", "call-1", 30 * SECOND_MICROS)
    assert gate.world.is_proved()


def test_a_repeat_of_call_or_settlement_changes_nothing(gate: Gate) -> None:
    assert gate.call("call-1") == gate.call("call-1")
    assert gate.lines() == 1
    first = gate.world.settle(answered("call-1", 30))
    second = gate.world.settle(answered("call-1", 60))
    assert (second.cost_micros, second.is_repeat) == (first.cost_micros, True)
    assert gate.lines() == 0


def test_a_call_that_nobody_answers_costs_nothing_and_frees_the_line(gate: Gate) -> None:
    gate.set(originator_capacity=1)
    gate.call("call-1")
    gate.world.settle(not_answered("call-1"))
    assert gate.wallet() == (1_000_000, 0, 0)
    assert isinstance(gate.call("call-2"), Authorised)


def test_ja_39_and_40_the_accounts_own_terms_come_before_its_clients(gate: Gate) -> None:
    world = gate.world
    table, plan = world.rate_table_id, gate.session.scalars(select(RoutingPlan.id)).first()
    gate.set(originator_rate_table_id=None)
    assert gate.why("call-1") is Refusal.NO_RATE
    world.set(Client, gate.client_id, originator_rate_table_id=table)
    assert isinstance(gate.call("call-2"), Authorised)
    world.settle(not_answered("call-2"))
    gate.set(originator_routing_plan_id=None)
    assert gate.why("call-3") is Refusal.NO_ROUTE
    world.set(Client, gate.client_id, originator_routing_plan_id=plan)
    assert isinstance(gate.call("call-4"), Authorised)


def test_ja_39_and_40_the_accounts_own_terms_win_over_other_ones_of_its_client(gate: Gate) -> None:
    world, session = gate.world, gate.session
    dear = [{**rate, "price_per_minute_micros": 600_000} for rate in RATES]
    nowhere = row(session, RoutingPlan, name="Nowhere")
    terms = {"originator_rate_table_id": a_rate_table(session, "Client's", dear), "originator_routing_plan_id": nowhere}
    world.set(Client, gate.client_id, **terms)
    authorised = gate.call("call-1")
    assert isinstance(authorised, Authorised), authorised
    assert authorised.quote.limit_seconds == 1_000  # by the account's price, a tenth of the client's
    assert [route.endpoint for route in authorised.quote.routes] == ["test.cheap", "test.second", "test.dear"]


def test_ja_44_a_carriers_own_table_wins_over_its_clients_which_serves_when_it_has_none(gate: Gate) -> None:
    world, carrier = gate.world, gate.world.carriers["test.cheap"]
    client_id = gate.session.scalars(select(Account.client_id).where(Account.id == carrier)).one()
    dearest = a_rate_table(gate.session, "Client's", [{**RATES[1], "prefix": "44", "price_per_minute_micros": 59_000}])
    world.set(Client, client_id, terminator_rate_table_id=dearest)
    assert world.good_quote().routes[0].endpoint == "test.cheap"
    world.set(Account, carrier, terminator_rate_table_id=None)
    assert world.good_quote().routes[-1].endpoint == "test.cheap"


def test_ja_41_a_rule_for_the_accounts_tag_holds_for_its_calls(gate: Gate) -> None:
    plan_id = gate.session.scalars(select(RoutingPlan.id)).first()
    row(gate.session, RoutingRule, routing_plan_id=plan_id, prefix="44", originator_tag="wholesale", is_blocked=True)
    assert isinstance(gate.call("call-1"), Authorised)
    gate.world.settle(not_answered("call-1"))
    gate.set(originator_tag="wholesale")
    assert gate.why("call-2") is Refusal.NO_ROUTE


def test_ja_42_capacity_counts_the_calls_of_the_account_alone(gate: Gate) -> None:
    gate.set(originator_capacity=2)
    world = gate.world
    world.set(Wallet, gate.wallet_id, credit_limit_micros=10**9)
    assert isinstance(gate.call("call-1"), Authorised)
    assert isinstance(gate.call("call-2"), Authorised)
    assert gate.why("call-3") is Refusal.ALL_LINES_BUSY
    assert gate.lines() == 2
    assert "call-3" not in world.holds()
    world.settle(answered("call-1", 5))
    assert isinstance(gate.call("call-4"), Authorised)
    gate.set(originator_capacity=0)
    assert gate.why("call-5") is Refusal.ALL_LINES_BUSY


def test_credit_is_spent_to_the_last_second_and_not_beyond(gate: Gate) -> None:
    world = gate.world
    world.set(Wallet, gate.wallet_id, credit_limit_micros=500_000)
    authorised = gate.call("call-1")
    assert isinstance(authorised, Authorised)
    assert authorised.quote.limit_seconds == 1_500
    assert gate.why("call-2") is Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION
    world.settle(answered("call-1", 1_500, ms=999))
    assert gate.wallet() == (-500_000, 0, 0)
    assert gate.why("call-3") is Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION
    assert world.is_proved()


def test_taxes_of_the_client_are_held_and_booked(gate: Gate) -> None:
    profile_id = a_tax_profile(gate.session, [("VAT", 20)])
    gate.world.set(Client, gate.client_id, tax_profile_id=profile_id)
    authorised = gate.call("call-1")
    assert isinstance(authorised, Authorised)
    assert authorised.quote.limit_seconds == 833
    settled = gate.world.settle(answered("call-1", 10))
    assert settled.cost_micros == 12 * SECOND_MICROS
    assert ("tax", "call-1:VAT", 2 * SECOND_MICROS) in gate.world.ledger()


def test_the_tech_prefix_is_cut_off_before_rating(gate: Gate) -> None:
    gate.set(tech_prefix="77")
    authorised = gate.call("call-1", f"77{LITHUANIA}")
    assert isinstance(authorised, Authorised)
    assert (authorised.quote.destination, authorised.quote.rate_prefix) == (LITHUANIA, "370")
    gate.world.settle(not_answered("call-1"))
    international = gate.call("call-2", f"7700{BRITAIN}")
    assert isinstance(international, Authorised)
    assert international.quote.destination == BRITAIN


@pytest.mark.parametrize(
    ("number", "why"),
    [("999999", Refusal.NO_RATE), ("12", NotIdentified.UNKNOWN), ("1" * 16, Refusal.DESTINATION_INVALID)],
)
def test_a_number_that_cannot_be_carried_is_refused(gate: Gate, number: str, why: object) -> None:
    assert gate.why("call-1", number) is why
    assert gate.world.holds() == {}
    assert gate.wallet() == (1_000_000, 0, 0)


def test_an_account_that_is_switched_off_meanwhile_gets_no_hold(gate: Gate) -> None:
    assert isinstance(gate.call("call-1"), Authorised)
    gate.world.settle(answered("call-1", 1))
    gate.world.set(Client, gate.client_id, is_enabled=False)
    assert gate.why("call-2") is NotIdentified.SWITCHED_OFF


def test_a_client_short_of_money_can_still_make_calls_beside_each_other(gate: Gate) -> None:
    gate.world.set(Wallet, gate.wallet_id, credit_limit_micros=3_000_000)
    first, second, third = (gate.call(f"call-{number}") for number in range(3))
    assert isinstance(first, Authorised)
    assert isinstance(second, Authorised)
    assert isinstance(third, Authorised)
    limits = [answer.quote.limit_seconds for answer in (first, second, third)]
    assert limits == [1_800, 1_800, 400]  # four units: half an hour, half an hour, and what is left
    gate.world.set(Wallet, gate.wallet_id, credit_limit_micros=10**9)
    assert gate.call("call-4").quote.limit_seconds == 7_200  # type: ignore[union-attr]


@pytest.fixture
def wide_engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url, pool_size=200)
    yield engine
    engine.dispose()


def test_200_calls_at_once_on_one_client_hold_no_more_than_there_is(
    wide_engine: Engine, committed_world: World
) -> None:
    gate = a_gate(committed_world, balance=10_000_000, credit=2_000_000)
    committed_world.session.commit()
    calls = [f"call-{number}" for number in range(200)]
    works = [lambda session, call=call: replace(gate, session=session).call(call) for call in calls]
    answers = at_once(wide_engine, works)
    taken = [answer for answer in answers if isinstance(answer, Authorised)]
    refused = {answer.why for answer in answers if isinstance(answer, Turned)}
    held = sum(answer.quote.limit_seconds for answer in taken) * SECOND_MICROS
    assert 6 * 1_800 * SECOND_MICROS <= held <= 12_000_000
    assert refused == {Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION}
    with Session(wide_engine) as session:
        assert replace(gate, session=session).wallet() == (10_000_000, held, len(taken))
    at_once(wide_engine, [lambda session, one=one: settle(session, one) for one in taken for _ in range(3)])
    with Session(wide_engine) as session:
        assert replace(gate, session=session).wallet() == (10_000_000 - held, 0, 0)
        assert replace(gate, session=session).lines() == 0
        assert committed_world.on(session).is_proved()


def settle(session: Session, authorised: Authorised) -> None:
    settle_call(session, answered(authorised.call_id, authorised.quote.limit_seconds), NOW, UTC)


def test_100_calls_at_once_on_an_account_of_seven_lines(wide_engine: Engine, committed_world: World) -> None:
    gate = a_gate(committed_world, balance=10**12, originator_capacity=7)
    committed_world.session.commit()
    calls = [f"call-{number}" for number in range(100)]
    works = [lambda session, call=call: replace(gate, session=session).call(call) for call in calls]
    answers = at_once(wide_engine, works)
    assert sum(isinstance(answer, Authorised) for answer in answers) == 7
    assert {answer.why for answer in answers if isinstance(answer, Turned)} == {Refusal.ALL_LINES_BUSY}
    with Session(wide_engine) as session:
        assert replace(gate, session=session).lines() == 7
