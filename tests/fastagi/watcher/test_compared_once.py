"""Ended calls are compared with the event log also when the database was away at the first try."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.orm import Session

from billing.judge_call import AlarmKind
from fastagi.database import Database, DatabaseUnavailable
from fastagi.watcher.reconcile import CallLogs, compare
from fastagi.watcher.watch_desk import WatchDesk
from models.database import make_engine, session_factory
from services.calls.call_alarms import open_alarms
from telephony.cel_reader import CelReader

if TYPE_CHECKING:
    from databases import SqliteDatabases

A_CALL = Path(__file__).parents[2] / "fuzz" / "corpus" / "cel_lines" / "a-call"
NEVER = 1 << 62
NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


def test_a_call_that_could_not_be_compared_is_compared_in_the_next_round(sqlite_databases: SqliteDatabases) -> None:
    """F11, F36: a call that no hold knows is told, and told once."""
    url = sqlite_databases.create()
    reader = CelReader(A_CALL)
    reader._forget_at_ms = NEVER  # the call is of a fixed day
    logs = CallLogs([reader])

    async def rounds() -> None:
        await logs.read()
        with pytest.raises(DatabaseUnavailable):
            await one_round(NOWHERE)
        for _ in range(2):
            await one_round(url)

    async def one_round(where: str) -> None:
        engine = make_engine(where, pool_size=1)
        database = Database(session_factory(engine), threads=1, seconds_max=60)
        try:
            await compare(WatchDesk(database, UTC, lambda: datetime(2099, 1, 1, tzinfo=UTC)), logs)
        finally:
            await database.drain()
            engine.dispose()

    asyncio.run(rounds())
    logs.close()
    engine = make_engine(url, pool_size=1)
    with Session(engine) as session:
        assert [alarm.kind for alarm in open_alarms(session)] == [AlarmKind.NOT_AUTHORISED]
    engine.dispose()
