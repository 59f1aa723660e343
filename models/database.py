"""Engines and sessions: one synchronous Session API on SQLite (the embedded default) and on PostgreSQL (production)."""

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session, sessionmaker

SQLITE_WAIT_SECONDS = 30  # 200 writers at once were seen to wait up to 4.9 s with a shorter time
CONNECT_SECONDS_MAX = 2  # the caller must hear "not available" within 3 s
STATEMENT_MS_MAX = 10_000
LOCK_MS_MAX = 5_000
POOL_SIZE_DEFAULT = 8


def make_engine(url: str | URL, *, pool_size: int = POOL_SIZE_DEFAULT, begin: str = "BEGIN IMMEDIATE") -> Engine:
    """An engine for the URL. On SQLite every transaction begins with `begin`: IMMEDIATE for writers, so that a
    read at the start never has to be raised to a write later ("database is locked" at once); readers may pass a
    plain "BEGIN".
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, pool_size, begin)
    options = f"-c statement_timeout={STATEMENT_MS_MAX} -c lock_timeout={LOCK_MS_MAX}"
    connect = {"connect_timeout": CONNECT_SECONDS_MAX, "options": options, "application_name": "callingcard"}
    return create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS_MAX,
        hide_parameters=True,  # no digest and no number of a caller in a traceback
        connect_args=connect,
    )


def make_read_engine(url: str | URL) -> Engine:
    """An engine whose transactions see one moment of the database and write nothing: for the verifier and for long
    lists.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return make_engine(parsed, pool_size=2, begin="BEGIN")
    # A verification of millions of rows may take longer than a call's statement.
    connect = {"connect_timeout": CONNECT_SECONDS_MAX, "options": "-c default_transaction_read_only=on"}
    return create_engine(
        parsed, pool_size=2, isolation_level="REPEATABLE READ", hide_parameters=True, connect_args=connect
    )


def session_factory(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, expire_on_commit=False, autoflush=False)


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
        connection.exec_driver_sql(begin)

    return engine
