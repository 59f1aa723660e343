"""The sessions of a request: one moment of the database to read from, and transactions of their own to write."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app, g
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from models.database import session_factory
from services.store.engines import read_engine, write_engine
from services.store.settings import Settings

KEY = "callingcard.databases"


def set_up_database(app: Flask, settings: Settings) -> None:
    """As many connections of each kind as pages are served at once, so that none waits for one."""
    connections = settings.database_connections
    writing = write_engine(settings, connections=connections, pre_ping=True)
    reading = read_engine(settings, connections=connections)
    app.extensions[KEY] = (session_factory(writing), session_factory(reading), (writing, reading))
    app.teardown_appcontext(_close)


def read_session() -> Session:
    """The same moment for the whole request; nothing can be written."""
    if "read_session" not in g:
        g.read_session = _factories()[1]()
    session: Session = g.read_session
    return session


@contextmanager
def fresh_session() -> Iterator[None]:
    """For a page that looks again and again: each look is a moment of its own, and holds no connection afterwards."""
    _close()
    try:
        yield
    finally:
        _close()


@contextmanager
def write_session() -> Iterator[Session]:
    """A transaction: committed at the end of the block, rolled back on an error. What the request has read before is
    read anew afterwards.
    """
    with _factories()[0]() as session, session.begin():
        yield session
    _close()


def engines(app: Flask) -> tuple[Engine, Engine]:
    found: tuple[Engine, Engine] = app.extensions[KEY][2]
    return found


def _factories() -> tuple[sessionmaker[Session], sessionmaker[Session]]:
    writing, reading, _ = current_app.extensions[KEY]
    return writing, reading


def _close(_error: BaseException | None = None) -> None:
    session: Session | None = g.pop("read_session", None)
    if session is not None:
        session.close()
