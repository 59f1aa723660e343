"""Engines and sessions: one synchronous Session API on SQLite (the embedded default) and on PostgreSQL (production)."""

import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.orm import Session, sessionmaker

from models.database_url import for_reading, parse_database_url

SQLITE_WAIT_SECONDS = 30  # 200 writers at once were seen to wait up to 4.9 s with a shorter time
POOL_SIZE_DEFAULT = 8
READ_POOL_SIZE_DEFAULT = 2
READ_IDLE_SECONDS = 900  # a list that is sent to a slow browser rests between two of its parts
# A server whose machine is gone answers nothing at all: after about 9 s its connections are given up.
_DEAD_PEER: Final = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 2, "tcp_user_timeout": 8_000}
_READ_ONLY: Final = "25006"
_NO_BEGIN = "callingcard_no_begin"


class ReadsOnly(Exception):
    """A use case that is run as a reader tried to write."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long anybody waits for PostgreSQL, in seconds. Connecting: for each host, and a caller must hear "not
    available" within 3 s. Idle: a transaction in which nothing is asked, so that a server that died in the middle of
    one locks nothing for longer.
    """

    connect: int = 2
    statement: int = 10
    lock: int = 5
    idle: int = 30


WAITS_DEFAULT = Waits()


def make_engine(
    url: str | URL,
    *,
    pool_size: int = POOL_SIZE_DEFAULT,
    begin: str = "BEGIN IMMEDIATE",
    waits: Waits = WAITS_DEFAULT,
    pre_ping: bool = False,
) -> Engine:
    """An engine for the URL. On SQLite every transaction begins with `begin`: IMMEDIATE for writers, so that a
    read at the start never has to be raised to a write later ("database is locked" at once); readers may pass a
    plain "BEGIN". `pre_ping` is for work that nobody repeats when its connection turns out to be dead.
    """
    parsed = parse_database_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, pool_size, begin)
    limits = {"statement_timeout": waits.statement, "lock_timeout": waits.lock}
    connect = _connect(waits, limits | {"idle_in_transaction_session_timeout": waits.idle})
    engine = _postgresql(parsed, pool_size, waits, connect_args=connect, pool_pre_ping=pre_ping)
    event.listen(engine, "handle_error", _leave_read_only_server)
    return engine


def make_read_engine(
    url: str | URL, *, pool_size: int = READ_POOL_SIZE_DEFAULT, waits: Waits = WAITS_DEFAULT
) -> Engine:
    """An engine whose transactions see one moment of the database and write nothing: for the verifier and for long
    lists.
    """
    parsed = parse_database_url(url)
    if parsed.get_backend_name() == "sqlite":
        return make_engine(parsed, pool_size=pool_size, begin="BEGIN")
    # A verification of millions of rows may take longer than a call's statement.
    connect = _connect(waits, {"idle_in_transaction_session_timeout": READ_IDLE_SECONDS})
    connect["options"] += " -c default_transaction_read_only=on"
    level = {"isolation_level": "REPEATABLE READ", "pool_pre_ping": True}
    return _postgresql(for_reading(parsed), pool_size, waits, connect_args=connect, **level)


def without_transactions(engine: Engine) -> Engine:
    """The same pool for use cases that only read a row or two: each statement sees the database as it is at its
    moment, no BEGIN and COMMIT go to the server, and on SQLite no reader waits for a writer. A statement that writes
    raises ReadsOnly: it would be committed by itself.
    """
    is_sqlite = engine.dialect.name == "sqlite"
    reading = engine.execution_options(**({_NO_BEGIN: True} if is_sqlite else {"isolation_level": "AUTOCOMMIT"}))
    event.listen(reading, "before_cursor_execute", _refuse_writes)
    return reading


def session_factory(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, expire_on_commit=False, autoflush=False)


def _connect(waits: Waits, limits_seconds: dict[str, int]) -> dict[str, Any]:
    options = " ".join(f"-c {name}={seconds * 1_000}" for name, seconds in limits_seconds.items())
    return {"connect_timeout": waits.connect, "options": options, "application_name": "callingcard", **_DEAD_PEER}


def _postgresql(url: URL, pool_size: int, waits: Waits, **how: Any) -> Engine:  # noqa: ANN401 (SQLAlchemy's own)
    """No digest and no number of a caller in a traceback."""
    return create_engine(
        url, pool_size=pool_size, max_overflow=0, pool_timeout=waits.connect, hide_parameters=True, **how
    )


def _leave_read_only_server(context: ExceptionContext) -> None:
    """A server that writes no more is no primary any more: the pool looks for the one that is."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True


def _refuse_writes(_connection: object, _cursor: object, statement: str, *_: object) -> None:
    if not statement.startswith(("SELECT", "WITH")):
        raise ReadsOnly(statement.partition(" ")[0])


def _sqlite(url: URL, pool_size: int, begin: str) -> Engine:
    engine = create_engine(
        url, pool_size=pool_size, max_overflow=0, hide_parameters=True, connect_args={"timeout": SQLITE_WAIT_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 (SQLAlchemy's own record)
        # The driver's own BEGIN is switched off: it begins deferred, and not before a SELECT.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(_NO_BEGIN):
            connection.exec_driver_sql(begin)

    return engine
