"""Any order of recharges, adjustments, vouchers, replacements and calls: the cards hold what a dictionary says.

CALLINGCARD_MODEL_EXAMPLES=2000 makes the nightly run of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, NOW, World, a_world, answered, micros
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy.orm import Session
from vouchers import vouchers

from billing.states import CardType
from models.database import make_engine
from services.audit.audit import Actor, Door, broken_links
from services.cards.replace_card import ReplacementRefused, replace_card
from services.money.adjust_balance import AdjustmentRefused, adjust_balance
from services.money.recharge_card import RechargeRefused, recharge_card
from services.vouchers.redeem_voucher import Redeemed, VoucherRefusal, redeem_voucher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import SqliteDatabases

CLERK = Actor("anna", Door.CONSOLE)
CARDS, VOUCHERS = 4, 5
VALUE = micros("2.00")
EXAMPLES = int(os.environ.get("CALLINGCARD_MODEL_EXAMPLES", "25"))
PLACES = st.integers(0, CARDS - 1)
KEYS_DRAWN = st.integers(0, 9)  # few, so that repeats and clashes come
AMOUNTS = st.sampled_from([1, micros("0.50"), micros("1.00"), micros("7.25")])
PROFILE = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Model:
    """What should be: balances, the facts of every reference, who redeemed what, and what replaced what."""

    balances: list[int] = field(default_factory=lambda: [micros("5.00")] * CARDS)
    recharges: dict[int, tuple[int, int]] = field(default_factory=dict)
    adjustments: dict[int, tuple[int, int]] = field(default_factory=dict)
    redeemed: dict[int, int] = field(default_factory=dict)
    replaced: dict[int, int] = field(default_factory=dict)
    in_use: set[int] = field(default_factory=set)

    def is_fresh(self, place: int) -> bool:
        return place not in self.in_use and place not in self.replaced and place not in self.replaced.values()


class CardMoney(RuleBasedStateMachine):
    """Runs in one transaction of a prepared world; each example is rolled back."""

    world: World
    codes: list[str]

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.moment = NOW

    def later(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment

    def card_id(self, place: int) -> int:
        return self.world.cards[place].card_id

    @rule(place=PLACES, key=KEYS_DRAWN, amount=AMOUNTS)
    def recharge(self, place: int, key: int, amount: int) -> None:
        model, session = self.model, self.world.session
        first = model.recharges.get(key)
        possible = first == (place, amount) if first else place not in model.replaced
        try:
            done = recharge_card(session, self.card_id(place), amount, f"R-{key}", CLERK, self.later(), UTC)
        except RechargeRefused:
            assert not possible
            return
        assert possible
        assert done.is_repeat is (first is not None)
        if first is None:
            model.recharges[key] = (place, amount)
            model.balances[place] += amount
            assert done.balance_micros == model.balances[place]

    @rule(place=PLACES, key=KEYS_DRAWN, amount=AMOUNTS, sign=st.sampled_from([1, -1]))
    def adjust(self, place: int, key: int, amount: int, sign: int) -> None:
        model, amount = self.model, amount * sign
        first = model.adjustments.get(key)
        has_room = place not in model.replaced and model.balances[place] + amount >= 0
        possible = first == (place, amount) if first else has_room
        try:
            done = adjust_balance(
                self.world.session, self.card_id(place), amount, "model", f"T-{key}", CLERK, self.later()
            )
        except AdjustmentRefused:
            assert not possible
            return
        assert possible
        assert done.is_repeat is (first is not None)
        if first is None:
            model.adjustments[key] = (place, amount)
            model.balances[place] += amount

    @rule(place=PLACES, number=st.integers(0, VOUCHERS - 1))
    def redeem(self, place: int, number: int) -> None:
        model = self.model
        card = self.world.card(place)
        answer = redeem_voucher(self.world.session, KEYS, card, self.codes[number], self.later(), UTC)
        if place in model.replaced:
            assert answer is VoucherRefusal.NOT_RECHARGEABLE
        elif number in model.redeemed:
            assert answer is VoucherRefusal.USED
        else:
            model.redeemed[number] = place
            model.balances[place] += VALUE
            assert answer == Redeemed(VALUE, model.balances[place], "USD")

    @rule(old=PLACES, new=PLACES)
    def replace(self, old: int, new: int) -> None:
        model = self.model
        is_repeat = model.replaced.get(old) == new
        possible = is_repeat or (old != new and old not in model.replaced and model.is_fresh(new))
        try:
            done = replace_card(self.world.session, self.card_id(old), self.card_id(new), "lost", CLERK, self.later())
        except ReplacementRefused:
            assert not possible
            return
        assert possible
        assert done.is_repeat is is_repeat
        if not is_repeat:
            assert done.amount_micros == model.balances[old]
            model.balances[new] += model.balances[old]
            model.balances[old] = 0
            model.replaced[old] = new
            if old in model.in_use:
                model.in_use.add(new)

    @rule(place=PLACES)
    def call(self, place: int) -> None:
        """A minute, if it can be paid; it takes the card into use."""
        model = self.model
        if place in model.replaced or model.balances[place] < micros("0.06"):
            return
        call_id = f"call-{self.later().isoformat()}"
        self.world.call(call_id, place=place)
        self.world.settle(answered(call_id, 60))
        model.balances[place] -= micros("0.06")
        model.in_use.add(place)

    @invariant()
    def cards_hold_what_the_model_says(self) -> None:
        assert [self.world.wallet(place) for place in range(CARDS)] == [(b, 0, 0) for b in self.model.balances]

    def teardown(self) -> None:
        proved = self.world.is_proved()
        broken = list(broken_links(self.world.session))
        self.world.session.rollback()
        assert proved
        assert broken == []


@pytest.fixture
def prepared(sqlite_databases: SqliteDatabases) -> Iterator[tuple[World, list[str]]]:
    url = sqlite_databases.create()
    engine = make_engine(url, pool_size=1)
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group={"card_type": CardType.RECHARGEABLE}, series={"quantity": CARDS})
        codes = vouchers(session, quantity=VOUCHERS, value_micros=VALUE)
        session.commit()
        yield world, codes
    engine.dispose()
    sqlite_databases.drop(url)


def test_cards_hold_what_a_dictionary_says(prepared: tuple[World, list[str]]) -> None:
    world, codes = prepared
    machine = type("PreparedCardMoney", (CardMoney,), {"world": world, "codes": codes})
    run_state_machine_as_test(machine, settings=PROFILE)
