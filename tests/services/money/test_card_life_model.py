"""Any order of calls, days, fees, blocks, expiry and recharges: the life of the cards goes as a dictionary says.

CALLINGCARD_MODEL_EXAMPLES=2000 makes the nightly run of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from factories import NOW, World, a_world, answered, micros, not_answered
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from billing.card_acts import CardAct
from billing.card_check import check_card
from billing.refusals import Refusal
from billing.states import CardStatus, CardType, MaintenanceStarts
from models import Card
from models.database import make_engine
from services.audit.audit import Actor, Door
from services.calls.authorise_call import Authorised, authorise_call
from services.calls.quote_call import Quote, quote_call
from services.calls.settle_call import Settled, settle_call
from services.cards.card_order import CardOrder
from services.cards.card_range import CardRange
from services.cards.change_card_state import change_cards
from services.money.recharge_card import recharge_card
from services.upkeep.charge_fees import book_due_fees
from services.upkeep.expire_cards import expire_cards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import SqliteDatabases

CLERK = Actor("anna", Door.CONSOLE)
CARDS = 3
FEE, EVERY, EXPIRY_DAYS = micros("0.70"), timedelta(hours=24), 6
SECOND_MICROS = 1_000
PLACES = st.integers(0, CARDS - 1)
EXAMPLES = int(os.environ.get("CALLINGCARD_MODEL_EXAMPLES", "12"))
PROFILE = settings(
    max_examples=EXAMPLES,
    stateful_step_count=20,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Life:
    """What a card should be. `live` is its state without block and expiry."""

    balance: int = micros("5.00")
    live: CardStatus = CardStatus.PENDING
    is_blocked: bool = False
    is_written_expired: bool = False
    activated_at: datetime | None = None
    periods: int = 0
    call: tuple[str, int] | None = None  # its id, and what it holds
    called_at: datetime | None = None

    @property
    def expires_at(self) -> datetime | None:
        """The midnight that ends the last day."""
        if self.activated_at is None:
            return None
        midnight = self.activated_at.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(days=EXPIRY_DAYS + 1)

    @property
    def status(self) -> CardStatus:
        if self.is_blocked:
            return CardStatus.BLOCKED
        return CardStatus.EXPIRED if self.is_written_expired else self.live

    def is_over(self, now: datetime) -> bool:
        return self.is_written_expired or (self.expires_at is not None and now >= self.expires_at)

    def due(self, now: datetime) -> int:
        assert self.activated_at is not None
        assert self.expires_at is not None
        return (min(now, self.expires_at) - self.activated_at) // EVERY

    def pay_fees(self, now: datetime) -> None:
        """Only while it is in use; what is not there is not owed, but while a call is up it waits for its end."""
        if self.status is not CardStatus.ACTIVATED:
            return
        held = self.call[1] if self.call else 0
        while self.periods < self.due(now):
            taken = min(FEE, self.balance - held)
            if self.call and taken < FEE:
                return
            self.balance -= taken
            self.periods += 1


class CardLife(RuleBasedStateMachine):
    """Runs in one transaction of a prepared world; each example is rolled back."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.lives = [Life() for _ in range(CARDS)]
        self.calls = 0

    @property
    def session(self) -> Session:
        return self.world.session

    def ids(self) -> list[int]:
        return [card.card_id for card in self.world.cards]

    @rule(hours=st.sampled_from([1, 5, 24, 30, 72]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(place=PLACES)
    def call(self, place: int) -> None:
        """Whether the card may call is as the model says; then its money is held."""
        life, card = self.lives[place], self.world.card(place)
        assert check_card(card.standing, self.now) is self.refusal_of(life)
        if self.refusal_of(life) is not None:
            return
        quote = quote_call(self.session, self.world.access(), card, "442071234567", self.now)
        assert isinstance(quote, Quote), quote
        self.calls += 1
        call_id = f"call-{self.calls}"
        assert isinstance(authorise_call(self.session, call_id, quote, self.world.context(), self.now), Authorised)
        life.call, life.called_at = (call_id, quote.amount_micros), self.now

    def refusal_of(self, life: Life) -> Refusal | None:
        if life.is_blocked:
            return Refusal.CARD_BLOCKED
        if life.is_over(self.now):
            return Refusal.CARD_EXPIRED
        if life.call is None and life.balance < SECOND_MICROS * 10:
            return Refusal.CARD_USED_UP
        return None if life.call is None else Refusal.CARD_IN_USE

    @rule(place=PLACES, seconds=st.integers(0, 600))
    def end_call(self, place: int, seconds: int) -> None:
        """A call of a card that was blocked or expired meanwhile is charged all the same, and activates it as of its
        answer: a report that comes days late gives no days of validity away. These calls are answered at once.
        """
        life = self.lives[place]
        if life.call is None:
            return
        call_id, held = life.call
        report = answered(call_id, seconds) if seconds else not_answered(call_id)
        settled = settle_call(self.session, report, self.now, UTC)
        assert isinstance(settled, Settled)
        cost = min(seconds * SECOND_MICROS, held)
        assert settled.cost_micros == cost
        life.call = None
        life.balance -= cost
        if cost and life.live is CardStatus.PENDING:
            life.live, life.activated_at = CardStatus.ACTIVATED, life.called_at

    @rule(place=PLACES, amount=st.sampled_from([1, micros("0.50"), micros("3.00")]))
    def recharge(self, place: int, amount: int) -> None:
        life = self.lives[place]
        if life.is_blocked or life.is_over(self.now):
            return  # whether such a card takes money is test_recharge_card.py's
        self.calls += 1
        recharge_card(self.session, self.ids()[place], amount, f"R-{self.calls}", CLERK, self.now, UTC)
        life.pay_fees(self.now)  # what is owed until then, so that a late job takes nothing of the new money
        life.balance += amount

    @rule(place=PLACES)
    def block(self, place: int) -> None:
        """What is owed until then is booked."""
        life = self.lives[place]
        if not life.is_blocked:
            life.pay_fees(self.now)
        self.act(CardAct.BLOCK, place, "lost", changes=not life.is_blocked)
        life.is_blocked = True

    @rule(place=PLACES)
    def unblock(self, place: int) -> None:
        """What fell due meanwhile is forgiven; a card whose last day is over is expired."""
        life = self.lives[place]
        self.act(CardAct.UNBLOCK, place, None, changes=life.is_blocked)
        if life.is_blocked:
            life.is_blocked = False
            life.is_written_expired = life.is_over(self.now)
            if life.activated_at is not None:
                life.periods = max(life.periods, life.due(self.now))

    def act(self, act: CardAct, place: int, reason: str | None, *, changes: bool) -> None:
        order = CardOrder(act, CardRange.one(self.world.card(place)), reason=reason)
        assert change_cards(self.session, order, CLERK, self.now).done.changed == int(changes)

    @rule()
    def book_fees(self) -> None:
        book_due_fees(self.session, self.ids(), CLERK, self.now)
        for life in self.lives:
            life.pay_fees(self.now)

    @rule()
    def expire(self) -> None:
        expire_cards(self.session, self.ids(), CLERK, self.now)
        for life in self.lives:
            life.pay_fees(self.now)
            if not life.is_blocked and life.is_over(self.now):
                life.is_written_expired = True

    @invariant()
    def cards_are_what_the_model_says(self) -> None:
        for place, life in enumerate(self.lives):
            held = life.call[1] if life.call else 0
            assert self.world.wallet(place) == (life.balance, held, int(life.call is not None))
            card = self.session.get_one(Card, self.ids()[place], populate_existing=True)
            assert (card.status, card.activated_at, card.expires_at) == (
                life.status,
                life.activated_at,
                life.expires_at,
            )

    def teardown(self) -> None:
        proved = self.world.is_proved()
        self.session.rollback()
        assert proved


@pytest.fixture
def prepared(sqlite_databases: SqliteDatabases) -> Iterator[World]:
    url = sqlite_databases.create()
    engine = make_engine(url, pool_size=1)
    with Session(engine, autoflush=False) as session:
        world = a_world(
            session,
            group={"card_type": CardType.RECHARGEABLE},
            series={
                "quantity": CARDS,
                "maintenance_fee_micros": FEE,
                "maintenance_every_hours": EVERY // timedelta(hours=1),
                "maintenance_starts": MaintenanceStarts.AFTER_PERIOD,
                "expiry_period_days": EXPIRY_DAYS,
            },
        )
        session.commit()
        yield world
    engine.dispose()
    sqlite_databases.drop(url)


@pytest.mark.timeout(600)
def test_the_life_of_cards_goes_as_a_dictionary_says(prepared: World) -> None:
    """Holds, fees, block, expiry, recharges; I1 to I12 at the end of each story."""
    machine = type("PreparedCardLife", (CardLife,), {"world": prepared})
    run_state_machine_as_test(machine, settings=PROFILE)
