"""A list of channels that the database lets wait is noted as of the moment at which it came."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from factories import UTC
from sqlalchemy import select
from sqlalchemy.orm import Session

from fastagi.database import Database
from fastagi.watcher.watch_desk import WatchDesk
from models import AsteriskState
from models.clock import DatabaseClock
from models.database import make_engine, session_factory
from services.live.sighting import Sighting

if TYPE_CHECKING:
    from databases import SqliteDatabases

LOCKED_SECONDS = 1  # so much older than its commit the list must be


def test_a_list_is_as_old_as_it_is_though_the_database_was_locked(sqlite_databases: SqliteDatabases) -> None:
    """F2, F11: else a call that began after the list would seem to be gone, and lose its hold while it rings."""
    url = sqlite_databases.create()
    engine, other = make_engine(url, pool_size=2), make_engine(url, pool_size=1)

    async def note_while_locked() -> object:
        database = Database(session_factory(engine), threads=1, seconds_max=60)
        desk = WatchDesk(database, UTC)
        with other.begin() as lock:
            noting = asyncio.ensure_future(desk.note_sighting(Sighting("north", 500, [], frozenset(), 0)))
            await asyncio.sleep(LOCKED_SECONDS)
            assert not noting.done()
            released_at = lock.scalar(select(DatabaseClock()))
        await noting
        await database.drain()
        return released_at

    released_at = asyncio.run(note_while_locked())
    with Session(engine) as session:
        seen_at = session.get_one(AsteriskState, "north").seen_at
    engine.dispose()
    other.dispose()
    assert seen_at is not None
    assert isinstance(released_at, type(seen_at))
    assert seen_at < released_at
