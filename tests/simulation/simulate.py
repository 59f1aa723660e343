"""One seed, one world: callers, carriers, hang-ups at every step, a database that fails, clocks that leap; after each
step every invariant is proved. The same seed gives the same story again.

Run: PYTHONPATH=.:tests:tests/simulation python tests/simulation/simulate.py [SEEDS [FIRST_SEED]]
"""

from __future__ import annotations

import random
import sys
import tempfile
import uuid
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from factories import BRITAIN, LITHUANIA, NOW, TALK_BEGINS_MS, World, a_world
from faulty_database import DatabaseAway, Fault, FaultyDatabase
from sqlalchemy.orm import Session

from billing.card_acts import CardAct
from billing.card_check import check_card
from billing.judge_call import Reach
from billing.states import CardType, MaintenanceStarts
from models.database import make_engine
from services.audit.audit import Actor, Door
from services.calls.authorise_call import Authorised, authorise_call
from services.calls.call_record import Settlement, TriedCarrier
from services.calls.quote_call import Quote, quote_call
from services.calls.settle_call import settle_call
from services.cards.card_order import CardOrder
from services.cards.card_range import CardRange
from services.cards.change_card_state import change_cards
from services.live.open_holds import OpenCall, open_holds
from services.live.reconcile_call import LoggedLeg, reconcile_call
from services.money.recharge_card import recharge_card
from services.money.verify_ledger import verify_ledger
from services.upkeep.charge_fees import book_due_fees
from services.upkeep.expire_cards import expire_cards

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Engine

CARDS = 4
STEPS = 120
ACTOR = Actor("simulation", Door.JOB)
FAULTS = [Fault.NONE] * len(Fault) + [fault for fault in Fault if fault is not Fault.NONE]


class Leaves(StrEnum):
    """At which step the caller hangs up."""

    BEFORE_THE_HOLD = "before the hold"
    BEFORE_DIAL = "before Dial"  # while the time is told: the hold stands, and the hangup handler reports no route
    WHILE_IT_RINGS = "while it rings"
    BETWEEN_CARRIERS = "between carriers"
    NOWHERE = "nowhere"  # the callee or the limit ends the call


@dataclass
class Call:
    """What Asterisk knows of a call: the truth outside the database."""

    call_id: str
    limit_seconds: int
    talk_ms: int | None = None  # None: not answered
    left_at: Leaves = Leaves.NOWHERE
    route: str = "test.cheap"
    is_over: bool = False
    reports: list[str] = field(default_factory=list)


class Broken(Exception):
    """An invariant does not hold; the message tells the seed and the last steps."""


class Simulation:
    """The world of one seed."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.now = NOW
        self.engine = engine
        self.database = FaultyDatabase(engine)
        self.calls: dict[str, Call] = {}
        self.recharges: list[tuple[int, int, str]] = []
        self.story: list[str] = []
        with Session(engine, autoflush=False) as session:
            self.world: World = a_world(
                session,
                group={"calls_max": 2, "card_type": CardType.RECHARGEABLE},
                series={
                    "quantity": CARDS,
                    "maintenance_fee_micros": 30_000,
                    "maintenance_every_hours": 24,
                    "maintenance_starts": MaintenanceStarts.AFTER_PERIOD,
                    "activation_fee_micros": 50_000,
                },
            )
            session.commit()

    def run(self, steps: int = STEPS) -> None:
        acts: list[Callable[[], str]] = [self.begin, self.begin, self.settle, self.settle, self.settle_again]
        acts += [self.leap, self.recharge, self.fees, self.expire, self.reconcile, self.block, self.unblock]
        for _ in range(steps):
            act = self.dice.choice(acts)
            self.story.append(f"{act.__name__}: {self._told(act)}")
            self.prove()
        self.finish()

    def begin(self) -> str:
        """A caller keys a number; he may hang up before it is dialled, while it rings, or after a talk."""
        call_id = str(uuid.UUID(int=self.dice.getrandbits(128), version=4))
        leaves = self.dice.choice([*Leaves, Leaves.NOWHERE, Leaves.NOWHERE, Leaves.NOWHERE])
        if leaves is Leaves.BEFORE_THE_HOLD:
            return f"{call_id[:8]} {leaves.value}"
        place = self.dice.randrange(CARDS)
        destination = self.dice.choice((BRITAIN, LITHUANIA))
        card_id = self.world.cards[place].card_id
        try:
            limit = self._run(lambda session: self._authorised(session, call_id, card_id, destination))
        except DatabaseAway:
            limit = None  # the caller hears an excuse, and nothing is dialled; a hold may stand all the same
        if limit is None:
            return f"{call_id[:8]} not dialled"
        call = self.calls[call_id] = Call(call_id, limit, left_at=leaves)
        if leaves is Leaves.NOWHERE and self.dice.random() < 0.9:
            call.talk_ms = self.dice.randrange(0, (limit + 1) * 1000)
            call.route = self.dice.choice(("test.cheap", "test.second", "test.dear"))
        call.is_over = True
        return f"{call_id[:8]} limit {limit} {leaves.value} talks {call.talk_ms} by {call.route}"

    def settle(self) -> str:
        """The dialplan reports a call; where the database is away it lies in the spool, and comes again."""
        due = [call for call in self.calls.values() if "settled" not in call.reports]
        return self._report(self.dice.choice(due)) if due else "nothing"

    def settle_again(self) -> str:
        return self._report(self.dice.choice(list(self.calls.values()))) if self.calls else "nothing"

    def leap(self) -> str:
        """The clock of the call server leaps; the days of fees and expiry with it."""
        self.now += timedelta(seconds=self.dice.choice((-3_600, -60, 1, 3_600, 90_000)))
        return f"{self.now:%m-%d %H:%M}"

    def recharge(self) -> str:
        if self.recharges and self.dice.random() < 0.3:
            card_id, amount, reference = self.dice.choice(self.recharges)  # the form is sent twice
        else:
            card_id = self.dice.choice(self.world.cards).card_id
            amount, reference = self.dice.randrange(1, 9_000_000), f"R-{len(self.recharges)}"
            self.recharges.append((card_id, amount, reference))
        self._run(lambda session: recharge_card(session, card_id, amount, reference, ACTOR, self.now, UTC))
        return reference

    def fees(self) -> str:
        ids = [card.card_id for card in self.world.cards]
        self._run(lambda session: book_due_fees(session, ids, ACTOR, self.now))
        return "charged"

    def expire(self) -> str:
        ids = [card.card_id for card in self.world.cards]
        self._run(lambda session: expire_cards(session, ids, ACTOR, self.now))
        return "looked"

    def block(self) -> str:
        """Also while a call is up, which is charged all the same."""
        return self._act(CardAct.BLOCK, "lost")

    def unblock(self) -> str:
        return self._act(CardAct.UNBLOCK, None)

    def _act(self, act: CardAct, reason: str | None) -> str:
        place = self.dice.randrange(CARDS)

        def do(session: Session) -> None:
            order = CardOrder(act, CardRange.one(self.world.on(session).card(place)), reason=reason)
            change_cards(session, order, ACTOR, self.now)

        self._run(do)
        return f"{act.value} {place}"

    def reconcile(self) -> str:
        """What no list of channels shows is repaired from Asterisk's event log."""
        return f"{self._run(self._reconciled)} resolved"

    def finish(self) -> None:
        """All reports come at last; then each call is charged as its truth says, and no hold is open."""
        for call in self.calls.values():
            self.database.run(lambda session, call=call: self._settled(session, call), Fault.NONE)
        self.database.run(self._reconciled, Fault.NONE)
        self.prove()
        with Session(self.engine, autoflush=False) as session:
            if open_holds(session):
                self._fail("holds are open in the end")
            for call in self.calls.values():
                record = self.world.on(session).record(call.call_id)
                if (record.answered_at is None) != (call.talk_ms is None):
                    self._fail(f"{call.call_id} is charged unlike its truth")
                if call.talk_ms is not None and record.talk_seconds != min(
                    max(1, call.talk_ms // 1000), call.limit_seconds
                ):
                    self._fail(f"{call.call_id}: {record.talk_seconds} s for {call.talk_ms} ms")

    def prove(self) -> None:
        with Session(self.engine, autoflush=False) as session:
            breaches = verify_ledger(session)
        if breaches:
            self._fail("; ".join(map(str, breaches)))

    def _run(self, work: Callable[[Session], object]) -> object:
        return self.database.run(work, self.dice.choice(FAULTS), is_away=self.dice.random() < 0.1)

    def _told(self, act: Callable[[], str]) -> str:
        try:
            return act()
        except (DatabaseAway, ValueError) as refused:  # a door answers with a sentence
            return f"{type(refused).__name__}: {refused}"

    def _authorised(self, session: Session, call_id: str, card_id: int, destination: str) -> int | None:
        world = self.world.on(session)
        place = [card.card_id for card in world.cards].index(card_id)
        if check_card(world.card(place).standing, self.now) is not None:
            return None
        quote = quote_call(session, world.access(), world.card(place), destination, self.now)
        if not isinstance(quote, Quote):
            return None
        answer = authorise_call(session, call_id, quote, world.context(), self.now)
        return answer.quote.limit_seconds if isinstance(answer, Authorised) else None

    def _report(self, call: Call) -> str:
        self._run(lambda session: self._settled(session, call))
        call.reports.append("settled")
        return call.call_id[:8]

    def _settled(self, session: Session, call: Call) -> None:
        status = "NOANSWER" if call.talk_ms is None else "ANSWER"
        answered = None if call.talk_ms is None else TALK_BEGINS_MS
        ended = TALK_BEGINS_MS + (call.talk_ms or 0)
        if call.left_at is Leaves.BEFORE_DIAL:
            settle_call(session, Settlement(call.call_id, "handler", "", "", "", None, ended, ()), self.now, UTC)
            return
        before = ("test.cheap",) if call.route != "test.cheap" or call.left_at is Leaves.BETWEEN_CARRIERS else ()
        refused = tuple(TriedCarrier(route, "CONGESTION", "34") for route in before)
        tried = (*refused, TriedCarrier(call.route, status, "16"))
        report = Settlement(call.call_id, "inline", call.route, status, "16", answered, ended, tried)
        settle_call(session, report, self.now, UTC)

    def _reconciled(self, session: Session) -> int:
        holds = open_holds(session)
        for hold in holds:
            call = self.calls.get(hold.call_id)
            talk_ms = call.talk_ms if call else None
            route = call.route if call else ""
            leg = None if talk_ms is None else LoggedLeg(route, TALK_BEGINS_MS, TALK_BEGINS_MS + talk_ms)
            over = OpenCall(hold, None, Reach.GONE, self.now)
            reconcile_call(session, over, leg, self.now, UTC)
        return len(holds)

    def _fail(self, what: str) -> None:
        raise Broken(f"seed {self.seed}: {what}\n  " + "\n  ".join(self.story[-15:]))


def main(arguments: Sequence[str]) -> int:
    from databases import SqliteDatabases  # noqa: PLC0415 (of use only here)

    seeds = int(arguments[0]) if arguments else 100
    first = int(arguments[1]) if len(arguments) > 1 else random.SystemRandom().getrandbits(30)
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        databases = SqliteDatabases(Path(folder))
        for seed in range(first, first + seeds):
            engine = make_engine(databases.create(), pool_size=1)
            try:
                Simulation(engine, seed).run()
            except Broken as found:
                broken += 1
                sys.stdout.write(f"{found}\n")
            engine.dispose()
    sys.stdout.write(f"{seeds} worlds of {STEPS} steps from seed {first}, {broken} broken\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
