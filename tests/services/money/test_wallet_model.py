"""Any order of holds, settlements, repeats and top-ups: the wallets do what a dictionary does.

CALLINGCARD_MODEL_EXAMPLES=2000 makes the nightly run of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, LITHUANIA, NOW, World, a_world, answered, micros, not_answered
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from billing.rating import CallPrice, call_cost
from billing.refusals import Refusal
from models import LedgerEntry, LedgerKind, Wallet, WalletKind
from models.database import make_engine
from services.calls.authorise_call import Authorised
from services.calls.quote_call import Quote
from services.calls.settle_call import UnknownCall, settle_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import SqliteDatabases

EXAMPLES = int(os.environ.get("CALLINGCARD_MODEL_EXAMPLES", "100"))
PLACES = st.integers(0, 1)
DESTINATIONS = st.sampled_from([BRITAIN, LITHUANIA])
TALK_SECONDS = st.one_of(st.integers(0, 60), st.integers(0, 6_000))
PROFILE = settings(
    max_examples=EXAMPLES,
    stateful_step_count=25,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Pocket:
    """What a wallet should be."""

    balance_micros: int = micros("5.00")
    held: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Up:
    """A call that is up."""

    call_id: str
    place: int
    price: CallPrice
    limit_seconds: int
    amount_micros: int


@dataclass(frozen=True)
class Over:
    call_id: str
    cost_micros: int


@dataclass(frozen=True)
class Failed:
    """A call that was told not to be answered; its hold is voided."""

    up: Up
    status: str


class Wallets(RuleBasedStateMachine):
    """Runs in one transaction of a prepared world; each example is rolled back."""

    world: World
    up = Bundle("up")
    over = Bundle("over")
    failed = Bundle("failed")

    def __init__(self) -> None:
        super().__init__()
        self.pockets = [Pocket(), Pocket()]
        self.calls = 0
        self.fee_due = [micros("0.25"), micros("0.25")]

    @rule(target=up, place=PLACES, destination=DESTINATIONS)
    def call(self, place: int, destination: str) -> object:
        quote = self.world.quote(destination, place=place)
        if not isinstance(quote, Quote):
            assert quote is Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION
            return multiple()
        self.calls += 1
        call_id = f"call-{self.calls}"
        answer = self.world.authorise(call_id, quote)
        pocket = self.pockets[place]
        if len(pocket.held) >= 2:
            assert answer is Refusal.CARD_IN_USE
            return multiple()
        assert isinstance(answer, Authorised)
        pocket.held[call_id] = quote.amount_micros
        return Up(call_id, place, quote.price, quote.limit_seconds, quote.amount_micros)

    @rule(call=up)
    def authorise_again(self, call: Up) -> None:
        answer = self.world.authorise(call.call_id, self.some_quote(call.place))
        assert isinstance(answer, Authorised)
        assert answer.quote.limit_seconds == call.limit_seconds

    def some_quote(self, place: int) -> Quote:
        quote = self.world.quote(place=place)
        if isinstance(quote, Quote):
            return quote
        return self.world.good_quote(place=2)

    @rule(target=over, call=consumes(up), seconds=TALK_SECONDS)
    def answer_and_end(self, call: Up, seconds: int) -> Over:
        settled = self.world.settle(answered(call.call_id, seconds))
        cost_micros = self.cost_micros(call, seconds)
        assert settled.cost_micros == cost_micros <= call.amount_micros
        self.pockets[call.place].balance_micros -= cost_micros
        del self.pockets[call.place].held[call.call_id]
        return Over(call.call_id, cost_micros)

    def cost_micros(self, call: Up, seconds: int) -> int:
        """What an answered call costs; the first one of a card pays its activation."""
        cost_micros = call_cost(call.price, min(max(1, seconds), call.limit_seconds)).total_micros
        if call.price.activation_fee_micros and not self.fee_due[call.place]:
            cost_micros -= call.price.activation_fee_micros
        self.fee_due[call.place] = 0
        return cost_micros

    @rule(target=failed, call=consumes(up), status=st.sampled_from(["BUSY", "NOANSWER", "CONGESTION", ""]))
    def fail(self, call: Up, status: str) -> Failed:
        assert self.world.settle(not_answered(call.call_id, status)).cost_micros == 0
        del self.pockets[call.place].held[call.call_id]
        return Failed(call, status)

    @rule(call=failed)
    def fail_again(self, call: Failed) -> None:
        settled = self.world.settle(not_answered(call.up.call_id, call.status))
        assert (settled.is_repeat, settled.cost_micros) == (True, 0)

    @rule(target=over, call=consumes(failed), seconds=TALK_SECONDS)
    def answer_after_all(self, call: Failed, seconds: int) -> Over:
        """An answer that is told after the hold was voided is charged as far as there is money (reliability.md 3)."""
        pocket = self.pockets[call.up.place]
        available_micros = pocket.balance_micros - sum(pocket.held.values())
        settled = self.world.settle(answered(call.up.call_id, seconds))
        cost_micros = min(self.cost_micros(call.up, seconds), call.up.amount_micros, available_micros)
        assert (settled.is_repeat, settled.cost_micros) == (False, cost_micros)
        pocket.balance_micros -= cost_micros
        return Over(call.up.call_id, cost_micros)

    @rule(call=over, seconds=TALK_SECONDS)
    def settle_again(self, call: Over, seconds: int) -> None:
        settled = self.world.settle(answered(call.call_id, seconds))
        assert (settled.is_repeat, settled.cost_micros) == (True, call.cost_micros)

    @rule()
    def settle_what_was_never_held(self) -> None:
        assert settle_call(self.world.session, answered("ghost", 60), NOW, NOW.tzinfo) == UnknownCall("ghost")

    @rule(place=PLACES, amount_micros=st.integers(1, micros("3.00")))
    def top_up(self, place: int, amount_micros: int) -> None:
        """F19: in mid-call too."""
        session, self.calls = self.world.session, self.calls + 1
        wallet_id = self.world.card(place).wallet_id
        payments = session.scalars(select(Wallet.id).where(Wallet.kind == WalletKind.PAYMENTS)).one()
        entry = {"source_wallet_id": payments, "destination_wallet_id": wallet_id, "amount_micros": amount_micros}
        facts = {"kind": LedgerKind.RECHARGE, "reference": f"{self.calls}", "created_at": NOW, "actor": "test"}
        session.execute(insert(LedgerEntry).values({**entry, **facts}))
        added = {"balance_micros": Wallet.balance_micros + amount_micros}
        session.execute(update(Wallet).where(Wallet.id == wallet_id).values(added))
        self.pockets[place].balance_micros += amount_micros

    @invariant()
    def wallets_are_as_the_model_says(self) -> None:
        for place, pocket in enumerate(self.pockets):
            expected = (pocket.balance_micros, sum(pocket.held.values()), len(pocket.held))
            assert self.world.wallet(place) == expected
            assert expected[0] >= expected[1]

    def teardown(self) -> None:
        proved = self.world.is_proved()
        self.world.session.rollback()
        assert proved


@pytest.fixture
def prepared(sqlite_databases: SqliteDatabases) -> Iterator[World]:
    url = sqlite_databases.create()
    engine = make_engine(url, pool_size=1)
    with Session(engine, autoflush=False) as session:
        series = {"activation_fee_micros": micros("0.25"), "quantity": 3}
        world = a_world(session, group={"calls_max": 2}, series=series)
        session.commit()
        yield world
    engine.dispose()
    sqlite_databases.drop(url)


def test_wallets_do_what_a_dictionary_does(prepared: World) -> None:
    machine = type("PreparedWallets", (Wallets,), {"world": prepared})
    run_state_machine_as_test(machine, settings=PROFILE)
