"""F34: an attack by rotating caller ids gets no more wrong tries than the day's budget; known phones still call."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from factories import ACCESS, KEYS, NOW, a_world, at_once
from sqlalchemy import Engine, delete, event, func, select
from sqlalchemy.orm import Session

from billing.guard import TryVerdict, daily_budget
from billing.refusals import Refusal
from billing.states import EntryKind, GuardScope, PinEntryMode
from models import FailedEntry, GuardBudget, GuardCounter
from models.database import make_engine
from services.calls.bind_caller_id import bind_caller_id
from services.calls.identify_card import Identified, NotAccepted, identify_card
from services.guard.admit_caller import admit_caller
from services.guard.guard_entry import Caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from databases import SqliteDatabases

    from services.calls.access import Access

PIN_ONLY = {"group": {"pin_entry_mode": PinEntryMode.PIN_ONLY, "pinless_allowed": True}, "series": {"pin_length": 8}}
PINLESS = {"plan": {"pinless_enabled": True}}
BUDGET = daily_budget(8, 2)
TRIES = 100_000
CALLERS = 1_000
WRONG = NotAccepted(Refusal.PIN_NOT_ACCEPTED)
LATER = NotAccepted(Refusal.TRY_AGAIN_LATER)
HOUSE = Path(__file__).resolve().parents[3]
KNOWN_PHONE = "37061234567"


@dataclass
class Attack:
    """Calls of three tries, each call by the next caller id; a call that is turned away spends its three tries."""

    access: Access
    pins: set[str]
    wrong: int = 0
    refused: int = 0
    calls: int = 0
    heard: set[Refusal] = field(default_factory=set)

    def run(self, session: Session, tries: int) -> None:
        while self.wrong + self.refused < tries:
            self.calls += 1
            self.one_call(session, Caller(f"1555{self.calls % CALLERS:04}", "trunk"))

    def one_call(self, session: Session, caller: Caller) -> None:
        now = NOW + timedelta(milliseconds=self.calls * 100)
        verdict = admit_caller(session, self.access, caller, now, UTC).verdict
        allowed = 0 if verdict.refusal else min(3, verdict.tries_allowed or 3)
        self.refused += 3 - allowed
        for _ in range(allowed):
            answer = identify_card(session, KEYS, self.access, None, self.guess(), now, caller)
            assert isinstance(answer, NotAccepted)
            self.heard.add(answer.refusal)
            self.wrong += answer.refusal is Refusal.PIN_NOT_ACCEPTED
            self.refused += answer.refusal is Refusal.TRY_AGAIN_LATER

    def guess(self) -> str:
        guess = f"{(self.wrong + self.refused) * 7919 % 10**8:08}"
        return guess if guess not in self.pins else "00000000"


def quick(engine: Engine) -> Engine:
    """Without waiting for the disk: the attack is about counts."""

    @event.listens_for(engine, "connect")
    def _(connection: object, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]

    return engine


@pytest.fixture
def world_url(sqlite_databases: SqliteDatabases) -> str:
    return sqlite_databases.create()


def test_a_hundred_thousand_tries_by_a_thousand_callers_stay_within_the_budget(
    world_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """F34, V-33, V-34, part 4 no. 4."""
    engine = quick(make_engine(world_url, pool_size=1))
    with Session(engine, autoflush=False) as session:
        world = a_world(session, **PIN_ONLY, **PINLESS)
        bind_caller_id(session, KNOWN_PHONE, world.card(), NOW, "ivr")
        attack = Attack(world.access(), {card.pin for card in world.cards})
        session.commit()
        for share in range(1, 11):
            attack.run(session, TRIES * share // 10)
            session.commit()
    engine.dispose()
    assert attack.wrong == BUDGET
    assert attack.wrong + attack.refused >= TRIES
    told = capsys.readouterr().out
    assert "half of the budget of wrong entries spent" in told
    assert "budget of wrong entries spent" in told
    assert ACCESS in told  # the access number in alarm

    afterwards = make_engine(world_url, pool_size=1)  # a restart: nothing was kept in memory
    with Session(afterwards, autoflush=False) as session:
        later = NOW + timedelta(hours=11)
        budget = session.scalars(select(GuardBudget)).one()
        assert (budget.failures, budget.allowed) == (BUDGET, BUDGET)
        assert budget.alarmed_at is not None
        assert session.scalar(select(func.count()).select_from(FailedEntry)) == BUDGET
        line = session.get_one(GuardCounter, (GuardScope.ACCESS_NUMBER, ACCESS))
        assert line.alarmed_at is not None
        access = world.on(session).access()
        stranger = admit_caller(session, access, Caller("4915112345678"), later, UTC)
        assert (stranger.bound, stranger.verdict.refusal) == (None, Refusal.TRY_AGAIN_LATER)
        assert isinstance(admit_caller(session, access, Caller(KNOWN_PHONE), later, UTC).bound, Identified)
        right = identify_card(session, KEYS, access, None, world.keyed()[1], later, Caller("4915112345678"))
        assert right == LATER  # a try too many that was right would be a try all the same
        tomorrow = NOW + timedelta(hours=12)
        assert admit_caller(session, access, Caller("4915112345678"), tomorrow, UTC).verdict.allowed
    afterwards.dispose()


@pytest.mark.parametrize("callers", [1, 50])
def test_guesses_at_the_same_instant_are_counted_exactly(engine: Engine, callers: int) -> None:
    """On both databases, in threads: from one caller no more than five are admitted, from many no more than the
    budget.
    """
    with Session(engine, autoflush=False) as session:
        world = a_world(session, **PIN_ONLY)
        access = world.access()
        day = {"day": NOW.date(), "kind": EntryKind.PIN_ONLY, "secret_length": 8}
        session.add(GuardBudget(**day, failures=BUDGET - 8, allowed=BUDGET))
        session.commit()

    def guess(place: int) -> Callable[[Session], Identified | NotAccepted]:
        def work(session: Session) -> Identified | NotAccepted:
            caller = Caller(f"1555{place % callers:04}", "trunk")
            return identify_card(session, KEYS, access, None, f"{place:08}", NOW, caller)

        return work

    answers = at_once(engine, [guess(place) for place in range(16)])
    admitted = 5 if callers == 1 else 8
    assert (answers.count(WRONG), answers.count(LATER)) == (admitted, 16 - admitted)
    with Session(engine) as session:
        assert session.scalars(select(GuardBudget.failures)).one() == BUDGET - 8 + admitted
        assert session.scalar(select(func.count()).select_from(FailedEntry)) == admitted
        histories = session.scalars(select(GuardCounter.history).where(GuardCounter.history > 0)).all()
        assert [history.bit_count() for history in histories] == [admitted, admitted]


ASK_ELSEWHERE = """
import sys
from datetime import datetime
from sqlalchemy.orm import Session
from billing.states import EntryKind
from models.database import make_engine
from services.audit.audit import Door
from services.guard.guard import EntryAttempt, may_try
url, caller, now = sys.argv[1], sys.argv[2] or None, datetime.fromisoformat(sys.argv[3])
entry = EntryAttempt(EntryKind.PIN_ONLY, Door.IVR, 12, caller, "18005550100", "trunk")
with Session(make_engine(url, pool_size=1)) as session:
    verdict = may_try(session, entry, now)
print(verdict.refusal, verdict.tries_allowed)
"""


def asked_in_another_process(url: str, caller: str) -> str:
    program = [sys.executable, "-c", ASK_ELSEWHERE, url, caller, NOW.isoformat()]
    return subprocess.run(program, capture_output=True, text=True, check=True, cwd=HOUSE).stdout.strip()


def test_no_lock_lives_in_memory(world_url: str) -> None:
    """V-33, features.md 3.9: another process, as after a restart or on another node, finds every lock; and what is
    taken out of the database is forgotten here.
    """
    engine = make_engine(world_url, pool_size=1)
    with Session(engine, autoflush=False) as session:
        access = a_world(session, **PIN_ONLY).access()
        for caller in ("15550101", None, "15550102", "15550103"):
            for _ in range(5):
                identify_card(session, KEYS, access, None, "0" * 8, NOW, Caller(caller, "trunk"))
        session.commit()
        assert asked_in_another_process(world_url, "15550101") == "try-again-later 0"
        assert asked_in_another_process(world_url, "") == "try-again-later 0"
        assert asked_in_another_process(world_url, "15550199") == "None 1"
        session.execute(delete(GuardCounter))
        assert admit_caller(session, access, Caller("15550101", "trunk"), NOW, UTC).verdict == TryVerdict(allowed=True)
    engine.dispose()
