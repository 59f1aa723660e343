"""What a call server tells of itself: calls by outcome, holds, latency, the queue before the database, readiness."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, KEYS, NOW, UTC, a_world, answered
from sqlalchemy.orm import Session

from fastagi.database import Database, DatabaseUnavailable
from fastagi.flow.desk import CardDesk
from fastagi.metrics import CallMetrics
from fastagi.observe import ObservePortTaken
from fastagi.observed import observer
from models.database import session_factory
from services.calls.quote_call import Quote
from services.guard.guard_entry import Caller
from services.store.settings import Settings
from tests.fastagi.fake_asterisk import answers, serving
from tests.fastagi.watcher.test_observed import page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from fastagi.server import CardServer


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, database_url=database_url)


def watched(
    settings: Settings, engine: Engine, work: Callable[[Database, CardServer, str], Awaitable[None]], threads: int = 2
) -> None:
    async def run() -> None:
        metrics = CallMetrics()
        database = Database(session_factory(engine), threads=threads, note=metrics.note)
        async with serving(answers) as (server, _):
            observed = observer(settings, server, database, metrics)
            try:
                await work(database, server, f"http://127.0.0.1:{observed.listen('127.0.0.1', 0)}")
            finally:
                await database.drain()
                observed.close()

    asyncio.run(run())


async def lines(url: str) -> list[str]:
    status, text = await asyncio.to_thread(page, f"{url}/metrics")
    assert status == 200
    return text.splitlines()


def test_calls_holds_and_entries_are_counted_by_their_answer(settings: Settings, engine: Engine) -> None:
    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        number, pin = world.keyed()
        access, context = world.access(), world.context()
        session.commit()

    async def work(database: Database, _: CardServer, url: str) -> None:
        desk = CardDesk(database, KEYS, UTC, lambda: NOW)
        caller = Caller("15550100", "gateway")
        await desk.admit(access, caller)
        await desk.identify(access, number, "0" * len(pin), caller)
        card = (await desk.identify(access, number, pin, caller)).card
        quote = await desk.quote(access, card, BRITAIN, is_pinless=False)
        assert isinstance(quote, Quote)
        await desk.authorise("call-1", quote, context)
        await desk.authorise("call-2", quote, context)
        await desk.settle(answered("call-1", 5))
        await desk.settle(answered("call-1", 5))
        await desk.settle(answered("call-9", 5))
        told = await lines(url)
        for line in (
            'callingcard_admissions_total{answer="may try"} 1.0',
            'callingcard_entries_total{answer="number-or-pin-not-accepted"} 1.0',
            'callingcard_entries_total{answer="accepted"} 1.0',
            'callingcard_holds_total{answer="held"} 1.0',
            'callingcard_holds_total{answer="card-in-use"} 1.0',
            'callingcard_calls_total{outcome="answered"} 1.0',
            'callingcard_calls_total{outcome="repeat"} 1.0',
            'callingcard_calls_total{outcome="unknown"} 1.0',
            'callingcard_database_seconds_count{use_case="settle_call"} 3.0',
            "callingcard_database_threads 2.0",
            "callingcard_sessions 0.0",
            "callingcard_spool_waiting 0.0",
        ):
            assert line in told, "\n".join(told)

    watched(settings, engine, work)


def test_the_queue_before_the_database_and_its_failures_are_told(settings: Settings, engine: Engine) -> None:
    gate = threading.Event()

    def waits(_session: Session) -> None:
        gate.wait(30)

    def breaks(_session: Session) -> None:
        raise DatabaseUnavailable("full")

    async def work(database: Database, _: CardServer, url: str) -> None:
        jobs = [asyncio.ensure_future(database.run(waits)) for _ in range(3)]
        await asyncio.sleep(0)
        told = await lines(url)
        assert "callingcard_database_jobs 3.0" in told
        assert "callingcard_database_queue 2.0" in told
        gate.set()
        await asyncio.gather(*jobs)
        with pytest.raises(DatabaseUnavailable):
            await database.run(breaks)
        told = await lines(url)
        assert "callingcard_database_queue 0.0" in told
        failed = 'callingcard_database_failures_total{use_case="breaks",why="DatabaseUnavailable"} 1.0'
        assert failed in told

    watched(settings, engine, work, threads=1)


def test_a_server_that_stops_is_not_ready_and_still_alive(settings: Settings, engine: Engine) -> None:
    """F5: who spreads the calls learns that this server takes no more."""

    async def work(_: Database, server: CardServer, url: str) -> None:
        assert await asyncio.to_thread(page, f"{url}/ready") == (200, "ready\n")
        await server.drain()
        assert await asyncio.to_thread(page, f"{url}/ready") == (503, "the server is stopping\n")
        assert await asyncio.to_thread(page, f"{url}/health") == (200, "alive\n")

    watched(settings, engine, work)


def test_a_database_that_is_away_is_told(tmp_path: Path, engine: Engine) -> None:
    """F7."""
    nowhere = Settings(state_dir=tmp_path, database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing")

    async def work(_: Database, __: CardServer, url: str) -> None:
        assert await asyncio.to_thread(page, f"{url}/ready") == (503, "database: OperationalError\n")

    watched(nowhere, engine, work)


def test_a_port_that_is_taken_is_told_with_its_cure(settings: Settings, engine: Engine) -> None:
    async def work(database: Database, server: CardServer, url: str) -> None:
        second = observer(settings, server, database, CallMetrics())
        with pytest.raises(ObservePortTaken, match="Set another one, or 0 for none"):
            second.listen("127.0.0.1", int(url.rpartition(":")[2]))
        second.close()

    watched(settings, engine, work)
