"""A use case that was submitted is done once, whatever becomes of its caller (reliability.md 7; F6, F9)."""

import asyncio
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import uvloop
from psycopg import errors as pg
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from fastagi.database import ATTEMPTS_MAX, Database, DatabaseUnavailable
from fastagi.transient_errors import is_transient
from models.database import ReadsOnly

CANCELS = 1_000


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path}/test.db", connect_args={"timeout": 10})
    event.listen(made, "connect", make_quick)
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE done (id INTEGER PRIMARY KEY)"))
    yield made
    made.dispose()


def make_quick(connection: sqlite3.Connection, _record: object) -> None:
    """A thousand jobs on a busy disk must end well within the bridge's own bound of 30 s for draining."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")


def note(session: Session, number: int) -> int:
    session.execute(text("INSERT INTO done (id) VALUES (:id)"), {"id": number})
    return number


def slow(session: Session, seconds: float, number: int) -> int:
    time.sleep(seconds)
    return note(session, number)


def done(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT id FROM done ORDER BY id")))


def on_loop(run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    uvloop.run(run())


def test_a_use_case_answers_after_its_commit(engine: Engine) -> None:
    async def run() -> None:
        database = Database(engine)
        assert await database.run(note, 7) == 7
        assert done(engine) == [7]
        await database.drain()

    on_loop(run)


def test_a_use_case_that_raises_leaves_nothing_and_its_exception_arrives(engine: Engine) -> None:
    def note_and_fail(session: Session) -> None:
        note(session, 1)
        raise LookupError("no such card")

    async def run() -> None:
        database = Database(engine)
        with pytest.raises(LookupError):
            await database.run(note_and_fail)
        assert done(engine) == []
        await database.run(note, 1)
        with pytest.raises(IntegrityError):
            await database.run(note, 1)
        await database.drain()

    on_loop(run)


def test_a_thousand_cancelled_callers_lose_no_work_and_double_none(engine: Engine) -> None:
    """reliability.md 12, cancelled callers: every submitted job done once.

    The first half is cancelled while every thread is busy, the second at random moments of the work.
    """
    dice = random.Random(42)  # noqa: S311 - a seed makes it the same every time
    gate = threading.Event()

    def note_behind_the_gate(session: Session, number: int) -> int:
        gate.wait(30)
        return note(session, number)

    async def run() -> None:
        database = Database(engine, threads=4, seconds_max=60, jobs_waiting_max=CANCELS)
        callers = [asyncio.ensure_future(database.run(note_behind_the_gate, number)) for number in range(CANCELS)]
        await asyncio.sleep(0)
        in_any_order = dice.sample(callers, CANCELS)
        for caller in in_any_order[: CANCELS // 2]:
            caller.cancel()
        gate.set()
        for caller in in_any_order[CANCELS // 2 :]:
            if dice.random() < 0.1:
                await asyncio.sleep(dice.random() * 0.002)
            caller.cancel()
        ended = await asyncio.gather(*callers, return_exceptions=True)
        assert sum(isinstance(outcome, asyncio.CancelledError) for outcome in ended) >= CANCELS // 2
        await database.drain()
        assert done(engine) == list(range(CANCELS))

    with capture_logs() as logs:
        on_loop(run)
    assert not [line for line in logs if line["log_level"] == "error"]


def test_after_the_deadline_the_caller_is_told_and_the_work_goes_on(engine: Engine) -> None:
    async def run() -> None:
        database = Database(engine, seconds_max=0.05)
        with pytest.raises(DatabaseUnavailable, match="no answer"):
            await database.run(slow, 0.3, 1)
        await database.drain()
        assert done(engine) == [1]

    with capture_logs() as logs:
        on_loop(run)
    assert [line["use_case"] for line in logs if line["event"] == "abandoned database job done"] == ["slow"]


def test_the_failure_of_an_abandoned_job_is_logged(engine: Engine) -> None:
    def fails(_: Session) -> None:
        time.sleep(0.2)
        raise LookupError("gone")

    async def run() -> None:
        database = Database(engine, seconds_max=0.05)
        with pytest.raises(DatabaseUnavailable):
            await database.run(fails)
        await database.drain()

    with capture_logs() as logs:
        on_loop(run)
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["abandoned database job failed"]


def test_a_use_cases_own_timeout_is_no_deadline(engine: Engine) -> None:
    def times_out(_: Session) -> None:
        raise TimeoutError("its own")

    async def run() -> None:
        database = Database(engine)
        with pytest.raises(TimeoutError, match="its own"):
            await database.run(times_out)
        await database.drain()

    on_loop(run)


def test_a_full_queue_refuses_at_once(engine: Engine) -> None:
    async def run() -> None:
        database = Database(engine, threads=1, jobs_waiting_max=2)
        running = [asyncio.ensure_future(database.run(slow, 0.1, number)) for number in range(3)]
        await asyncio.sleep(0.01)
        begun = time.monotonic()
        with pytest.raises(DatabaseUnavailable, match="too many"):
            await database.run(note, 9)
        assert time.monotonic() - begun < 0.09
        await asyncio.gather(*running)
        await database.drain()
        assert done(engine) == [0, 1, 2]

    on_loop(run)


def test_a_drained_bridge_refuses_and_its_threads_are_gone(engine: Engine) -> None:
    async def run() -> None:
        database = Database(engine)
        waiting = asyncio.ensure_future(database.run(slow, 0.1, 1))
        await asyncio.sleep(0)
        await database.drain()
        assert done(engine) == [1]
        assert await waiting == 1
        with pytest.raises(DatabaseUnavailable, match="closed"):
            await database.run(note, 2)

    on_loop(run)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("database")]


def failing(times: int, raised: Exception) -> Callable[[Session, int], int]:
    left = [times]

    def use_case(session: Session, number: int) -> int:
        if left[0]:
            left[0] -= 1
            raise raised
        return note(session, number)

    return use_case


def sqlite_error(code: int) -> OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = code
    return OperationalError("x", {}, error)


TRANSIENT = {
    "deadlock": OperationalError("x", {}, pg.DeadlockDetected("x")),
    "serialization": OperationalError("x", {}, pg.SerializationFailure("x")),
    "busy": sqlite_error(sqlite3.SQLITE_BUSY),
    "busy snapshot": sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT),
    "shutdown": OperationalError("x", {}, pg.AdminShutdown("x")),
    "starting": OperationalError("x", {}, pg.CannotConnectNow("x")),
    "a standby": InternalError("x", {}, pg.ReadOnlySqlTransaction("x")),
    "no connection": OperationalError("x", {}, pg.OperationalError("connection refused")),
    "lost": OperationalError("x", {}, pg.InterfaceError("x"), connection_invalidated=True),
}
LASTING = {
    "unique": IntegrityError("x", {}, pg.UniqueViolation("x")),
    "disk full": OperationalError("x", {}, pg.DiskFull("x")),
    "read-only": sqlite_error(sqlite3.SQLITE_READONLY),
}


@pytest.mark.parametrize("what", TRANSIENT)
def test_what_passes_by_itself_is_tried_again(engine: Engine, what: str) -> None:
    assert is_transient(TRANSIENT[what])

    async def run() -> None:
        database = Database(engine)
        assert await database.run(failing(2, TRANSIENT[what]), 1) == 1
        await database.drain()
        assert done(engine) == [1]

    on_loop(run)


@pytest.mark.parametrize("what", LASTING)
def test_what_lasts_is_not_tried_again(engine: Engine, what: str) -> None:
    assert not is_transient(LASTING[what])

    async def run() -> None:
        database = Database(engine)
        expected = IntegrityError if what == "unique" else DatabaseUnavailable
        with pytest.raises(expected):
            await database.run(failing(1, LASTING[what]), 1)
        await database.drain()

    on_loop(run)


def test_tries_are_bounded_and_a_database_that_cannot_serve_has_one_name(engine: Engine) -> None:
    async def run() -> None:
        database = Database(engine)
        with pytest.raises(DatabaseUnavailable):
            await database.run(failing(ATTEMPTS_MAX, TRANSIENT["no connection"]), 1)
        with pytest.raises(DatabaseUnavailable):
            await database.run(failing(ATTEMPTS_MAX, TRANSIENT["deadlock"]), 1)
        with pytest.raises(DatabaseUnavailable):
            await database.run(failing(ATTEMPTS_MAX, TRANSIENT["a standby"]), 1)
        await database.drain()
        assert done(engine) == []

    on_loop(run)


def test_a_database_that_refuses_connections_is_unavailable() -> None:
    """F7."""
    absent = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")

    async def run() -> None:
        database = Database(absent)
        begun = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            await database.run(note, 1)
        assert time.monotonic() - begun < 3
        await database.drain()

    on_loop(run)
    absent.dispose()


def test_log_lines_of_a_use_case_carry_the_call_id(engine: Engine) -> None:
    def logs_something(_: Session) -> None:
        structlog.get_logger().info("call settled")

    async def run() -> None:
        structlog.contextvars.bind_contextvars(call_id="the-call")
        database = Database(engine)
        await database.run(logs_something)
        await database.drain()

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        on_loop(run)
    assert [line["call_id"] for line in logs] == ["the-call"]


def test_a_reader_waits_for_no_writer(engine: Engine) -> None:
    """On SQLite one writer keeps out all others; who only reads goes on beside him, and sees what was committed."""

    def counted(session: Session) -> int:
        return len(session.execute(text("SELECT id FROM done")).all())

    async def run() -> None:
        database = Database(engine)
        await database.run(note, 1)
        with engine.connect() as writer:
            writer.exec_driver_sql("BEGIN IMMEDIATE")
            writer.execute(text("INSERT INTO done (id) VALUES (2)"))
            assert await database.read(counted) == 1
            writer.commit()
        assert await database.read(counted) == 2
        await database.drain()

    on_loop(run)


def test_a_reader_that_writes_is_refused(engine: Engine) -> None:
    """What it wrote would be committed by itself, statement by statement."""

    async def run() -> None:
        database = Database(engine)
        with pytest.raises(ReadsOnly, match="INSERT"):
            await database.read(note, 1)
        assert await database.run(note, 2) == 2  # the same connection writes again
        await database.drain()

    on_loop(run)
    assert done(engine) == [2]
