"""The installation that a command works on: its settings, its database and its keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from command_line.errors import Failure
from models.database import READ_POOL_SIZE_DEFAULT
from models.database_url import parse_database_url
from services.keys.pin_keys import KeysMissing, PinKeys, load_pin_keys
from services.store.disk_full import is_disk_full
from services.store.engines import read_engine, write_engine
from services.store.schema import is_current
from services.store.settings import Settings

NOT_PERMITTED: Final = "42501"  # PostgreSQL's insufficient_privilege


def settings() -> Settings:
    """The typed environment, or a sentence for each setting that is wrong."""
    try:
        return Settings()
    except ValidationError as wrong:
        lines = [f"CALLINGCARD_{'_'.join(map(str, error['loc'])).upper()}: {error['msg']}" for error in wrong.errors()]
        raise Failure("A setting is wrong. " + "; ".join(lines), "Correct it in the environment or in .env") from None


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def open_engine(engine: Engine) -> Iterator[Engine]:
    """The engine of a database that answers and has this release's schema."""
    try:
        if not is_current(engine):
            raise Failure("The database is not at this release's schema.", "callingcard init")
        yield engine
    except OperationalError as lost:
        first_line = str(lost.orig).strip().splitlines()[0]
        if is_disk_full(lost):
            raise Failure(
                f"The disk of the database is full, or takes no writes: {first_line}. Nothing is half done.",
                "Make room, then run the same again: a job goes on where it stopped",
            ) from lost
        raise Failure(
            f"The database does not answer: {first_line}", "Start it, or correct CALLINGCARD_DATABASE_URL"
        ) from lost
    except ProgrammingError as refused:
        if getattr(refused.orig, "sqlstate", None) != NOT_PERMITTED:
            raise
        first_line = str(refused.orig).strip().splitlines()[0]
        raise Failure(
            f"The role of CALLINGCARD_DATABASE_URL may not do this: {first_line}",
            "Use the URL of the role console, or as the owner: callingcard database roles (docs/production.md)",
        ) from refused
    except DatabaseError as broken:
        if type(broken) is not DatabaseError:  # the kinds below it are the caller's to tell
            raise
        raise Failure(
            f"The database is damaged: {broken.orig}", "Put the last backup into its place: callingcard restore FILE"
        ) from broken
    finally:
        engine.dispose()


def writing_engine() -> Engine:
    """One connection, for transactions that write; the database exists."""
    wanted = settings()
    database_url(wanted)
    return write_engine(wanted)


def reading_engine(connections: int = READ_POOL_SIZE_DEFAULT) -> Engine:
    """For one moment of the database."""
    wanted = settings()
    database_url(wanted)
    return read_engine(wanted, connections=connections)


@contextmanager
def write_session() -> Iterator[Session]:
    """A transaction: committed at the end of the block, rolled back on an error."""
    engine = writing_engine()
    with open_engine(engine), Session(engine) as session, session.begin():
        yield session


@contextmanager
def read_session(connections: int = READ_POOL_SIZE_DEFAULT) -> Iterator[Session]:
    """One moment of the database; nothing can be written. Who shares its work among several connections says so."""
    engine = reading_engine(connections)
    with open_engine(engine), Session(engine) as session:
        yield session


def pin_keys() -> PinKeys:
    try:
        return load_pin_keys(settings().keys_file)
    except KeysMissing as missing:
        raise Failure(str(missing)) from missing


def database_url(wanted: Settings) -> str:
    """The URL of a database that exists: SQLite would make an empty file of a mistyped name."""
    url = wanted.database_url_or_default
    file = parse_database_url(url).database
    if url.startswith("sqlite") and file and not Path(file).exists():
        raise Failure(f"There is no database in {wanted.state_dir} yet.", "callingcard init --demo")
    return url
