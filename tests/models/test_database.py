"""The engines: how a transaction begins, what is durable, and how long anybody waits."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, NOW, a_series, a_world
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session

from models import Card, CardSeries, Wallet
from models.database import (
    ReadsOnly,
    Waits,
    make_engine,
    make_read_engine,
    session_factory,
    without_transactions,
)
from services.series.create_series import create_series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import SqliteDatabases
    from postgresql_databases import PostgresqlDatabases
    from sqlalchemy import Engine


@pytest.fixture
def sqlite(sqlite_databases: SqliteDatabases) -> Iterator[Engine]:
    url = sqlite_databases.create()
    engine = make_engine(url)
    yield engine
    engine.dispose()
    sqlite_databases.drop(url)


@pytest.fixture
def postgresql_url(postgresql_databases: PostgresqlDatabases) -> Iterator[str]:
    url = postgresql_databases.create()
    yield url
    postgresql_databases.drop(url)


def said_by(engine: Engine, statement: str) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(text(statement)))


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("busy_timeout", "30000")],
)
def test_sqlite_is_durable_and_patient(sqlite: Engine, pragma: str, value: str) -> None:
    """synchronous 2 is FULL: a commit that was answered outlives a power cut."""
    assert said_by(sqlite, f"PRAGMA {pragma}") == value


def test_a_sqlite_transaction_is_the_only_writer_from_its_first_statement(sqlite: Engine) -> None:
    """Else a read at its start could not be raised to a write later."""
    statements: list[str] = []
    event.listen(sqlite, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    with sqlite.connect() as connection:
        connection.execute(select(Wallet.id))
        assert statements[0] == "BEGIN IMMEDIATE"
        other = sqlite3.connect(sqlite.url.database or "", timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT count(*) FROM wallet").fetchone() == (0,)  # readers pass
        other.close()


def test_sqlite_takes_a_change_of_the_schema_back(sqlite: Engine) -> None:
    with sqlite.connect() as connection:
        connection.execute(text("CREATE TABLE half (x INTEGER)"))
        connection.rollback()
        assert connection.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'half'")).scalar() == 0


def test_a_full_disk_leaves_no_half_of_a_transaction(sqlite: Engine) -> None:
    """F8: and when there is room again, work goes on."""
    with Session(sqlite, autoflush=False) as session:
        world = a_world(session)
        session.commit()
        pages = session.scalar(text("PRAGMA page_count"))
        session.execute(text(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(OperationalError, match="full"):
            create_series(session, KEYS, a_series(world.group_id, world.rate_table_id, number=2, quantity=500), NOW)
        session.rollback()
        assert session.scalar(select(func.count(CardSeries.id))) == 1
        assert world.is_proved()
        session.execute(text("PRAGMA max_page_count = 1000000"))
        world.call("call-1")
        session.commit()
        assert world.is_proved()


def test_a_reader_on_sqlite_sees_one_moment_and_blocks_nobody(sqlite: Engine) -> None:
    reader = make_read_engine(sqlite.url)
    with Session(reader) as reading, Session(sqlite, autoflush=False) as writing:
        assert reading.scalars(select(CardSeries.id)).all() == []
        a_world(writing)
        writing.commit()
        assert reading.scalars(select(CardSeries.id)).all() == []
    reader.dispose()


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("statement_timeout", "10s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "30s"),
        ("application_name", "callingcard"),
        ("transaction_isolation", "read committed"),
        ("synchronous_commit", "on"),
    ],
)
def test_postgresql_is_durable_and_waits_for_nobody_for_ever(postgresql_url: str, setting: str, value: str) -> None:
    engine = make_engine(postgresql_url, pool_size=1)
    assert said_by(engine, f"SHOW {setting}") == value
    engine.dispose()


@pytest.mark.postgresql
def test_postgresql_ends_a_transaction_in_which_nothing_is_asked_any_more(postgresql_url: str) -> None:
    """Else a server that died in the middle of one would lock a wallet for ever; the next one finds it free."""
    engine = make_engine(postgresql_url, pool_size=2, waits=Waits(idle=1))
    with engine.connect() as forgotten, engine.connect() as other:
        forgotten.execute(text("LOCK TABLE wallet"))
        other.execute(text("SELECT count(*) FROM wallet"))  # waits for as long as the table is locked
        with pytest.raises(DBAPIError, match="idle-in-transaction"):
            forgotten.execute(text("SELECT 1"))
    engine.dispose()


@pytest.mark.postgresql
def test_a_reader_on_postgresql_cannot_write(postgresql_url: str) -> None:
    reader = make_read_engine(postgresql_url)
    assert said_by(reader, "SHOW transaction_isolation") == "repeatable read"
    with pytest.raises(DBAPIError, match="read-only"), reader.connect() as connection:
        connection.execute(text("DELETE FROM hold"))
    reader.dispose()


def test_a_database_that_is_away_is_told_at_once() -> None:
    engine = make_engine("postgresql+psycopg://callingcard@127.0.0.1:1/none", pool_size=1)
    begin = time.monotonic()
    with pytest.raises(OperationalError):
        engine.connect()
    assert time.monotonic() - begin < 3
    engine.dispose()


def test_foreign_keys_hold_on_both(session: Session) -> None:
    world = a_world(session)
    with pytest.raises(IntegrityError):
        world.set_card(series_id=10**9)


def test_a_moment_comes_back_aware_and_in_utc(session: Session) -> None:
    world = a_world(session)
    moment = datetime(2026, 11, 22, 14, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=2)))
    world.set_card(activated_at=moment, status="activated")
    [stored] = session.scalars(select(Card.activated_at).where(Card.serial == 1))
    assert (stored, stored.tzinfo) == (datetime(2026, 11, 22, 12, 0, 0, 123_456, tzinfo=UTC), UTC)


def test_a_moment_without_its_zone_is_refused(session: Session) -> None:
    world = a_world(session)
    with pytest.raises(StatementError, match="time zone"):
        world.set_card(locked_until=datetime(2026, 11, 22))  # noqa: DTZ001 (what is refused)


def test_a_session_of_the_factory_keeps_what_it_read_after_the_commit(sqlite: Engine) -> None:
    with session_factory(sqlite)() as session:
        a_world(session)
        [series] = session.scalars(select(CardSeries))
        session.commit()
        assert series.quantity == 2


def test_readers_leave_transactions_to_those_who_write(engine: Engine) -> None:
    """One pool: a connection that read without a transaction can be undone again by the next who writes with it."""
    pool_of_one = make_engine(engine.url, pool_size=1)
    reading = session_factory(without_transactions(pool_of_one))
    for _ in range(2):
        with reading.begin() as session:
            assert session.scalar(select(func.count(Wallet.id))) == 0
            with pytest.raises(ReadsOnly, match="DELETE"):
                session.execute(text("DELETE FROM wallet"))
        with Session(pool_of_one) as session:
            a_world(session)
            session.flush()
            session.rollback()
    pool_of_one.dispose()
