"""Five bugs that other systems have, each planted into our code: each must be caught, by a constraint, by a comparison
or by `callingcard verify`, and the code without it must pass the same check.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from database_chaos import chaos
from factories import ACCESS, NOW, World, a_world, at_once
from plants import check_then_update, lockout_in_memory, split_settle, without_unique_key
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from billing.states import EntryKind
from models import LedgerEntry
from models.database import make_engine
from services.audit.audit import Door
from services.calls import authorise_call
from services.calls.authorise_call import Authorised
from services.guard import guard
from services.guard.guard_entry import EntryAttempt
from services.guard.guard_gate import may_try
from services.money.verify_ledger import verify_ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from services.calls.quote_call import Quote

pytestmark = pytest.mark.timeout(240)
CALLERS = 12
MEET_SECONDS_MAX = 20


def test_a_settlement_split_in_two_transactions_is_caught(database_url: str, tmp_path: Path) -> None:
    """Without it the same run finds nothing: test_database_chaos.py."""
    assert chaos(database_url, tmp_path, 60, seed=6, plant=split_settle).findings != []


def grants(engine: Engine, world: World, quote: Quote) -> list[str]:
    """Many callers of one card at the same instant, of which one may call; what went wrong."""
    granted = 0
    errors: list[str] = []

    def ask(session: Session, number: int) -> bool:
        return isinstance(world.on(session).authorise(f"call-{number}", quote), Authorised)

    try:
        granted = sum(at_once(engine, [lambda s, n=n: ask(s, n) for n in range(CALLERS)]))
    except DBAPIError as error:
        errors.append(type(error.orig).__name__)
    if granted > 1:
        errors.append(f"{granted} calls at once on a card for one")
    with Session(engine) as session:
        return errors + [str(breach) for breach in verify_ledger(session)]


def meeting_of(callers: int) -> Callable[[], None]:
    """Lets them go on together; one that comes again, since its transaction was repeated, waits for nobody for long."""
    everybody = threading.Barrier(callers)

    def meet() -> None:
        with suppress(threading.BrokenBarrierError):
            everybody.wait(MEET_SECONDS_MAX)

    return meet


def a_card_for_one(engine: Engine) -> tuple[World, Quote]:
    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        quote = world.good_quote()
        session.commit()
    return world, quote


@pytest.mark.parametrize("is_planted", [False, True])
def test_a_check_before_a_relative_update_is_caught(
    postgresql_databases: object, monkeypatch: pytest.MonkeyPatch, *, is_planted: bool
) -> None:
    """On SQLite the writer's place is taken at the start of a transaction, so that this bug is none there."""
    engine = make_engine(postgresql_databases.create(), pool_size=CALLERS)
    world, quote = a_card_for_one(engine)
    if is_planted:
        planted = partial(check_then_update, meet=meeting_of(CALLERS))
        monkeypatch.setattr(authorise_call, "_set_aside", planted)
    found = grants(engine, world, quote)
    engine.dispose()
    assert bool(found) is is_planted, found


@pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "BEGIN"])
def test_a_deferred_begin_is_caught(sqlite_databases: object, begin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that begins by reading fails "database is locked" at once when it wants to write."""
    url = sqlite_databases.create()
    engine = make_engine(url, pool_size=CALLERS)
    world, quote = a_card_for_one(engine)
    engine.dispose()
    monkeypatch.setattr("factories.is_transient", lambda _error: False)  # no retry hides it
    planted = make_engine(url, pool_size=CALLERS, begin=begin)
    found = grants_after_reading(planted, world, quote)
    planted.dispose()
    assert bool(found) is (begin == "BEGIN"), found


def grants_after_reading(engine: Engine, world: World, quote: Quote) -> list[str]:
    def ask(session: Session, number: int) -> bool:
        world.on(session).card()
        return isinstance(world.on(session).authorise(f"call-{number}", quote), Authorised)

    try:
        at_once(engine, [lambda s, n=n: ask(s, n) for n in range(CALLERS)])
    except DBAPIError as error:
        return [str(error.orig)]
    return []


def test_a_ledger_without_its_unique_key_is_caught(postgresql_databases: object) -> None:
    """I9: `callingcard verify` looks whether the judge of duplicates is there."""
    engine = make_engine(postgresql_databases.create(), pool_size=2)
    with Session(engine) as session:
        assert verify_ledger(session) == []
        without_unique_key(session)
        assert [breach.subject for breach in verify_ledger(session)] == ["unique key (kind, reference)"]
        assert session.scalars(select(func.count()).select_from(LedgerEntry)).one() == 0
    engine.dispose()


def locked_after_a_restart(engine: Engine, plant: Callable[[], object] | None) -> bool:
    """Five wrong entries in a process that then dies; is the caller locked for the next one?"""
    attempt = EntryAttempt(EntryKind.NUMBER_AND_PIN, Door.IVR, 12, "15550101", ACCESS, "gateway")
    engine.dispose()
    process = os.fork()
    if not process:
        if plant is not None:
            plant()
        for _ in range(5):
            with Session(engine) as session, session.begin():
                guard.record_failure(session, attempt, NOW)
        os._exit(0)
    os.waitpid(process, 0)
    with Session(engine) as session:
        return not may_try(session, attempt, NOW + timedelta(seconds=1)).allowed


def test_a_lockout_in_memory_is_caught(engine: Engine) -> None:
    assert not locked_after_a_restart(engine, lockout_in_memory)
    assert locked_after_a_restart(engine, None)
