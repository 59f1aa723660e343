"""A real database whose answers get lost: the fault is chosen before each transaction, and happens in the engine."""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from fastagi.transient_errors import is_transient

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

T = TypeVar("T")
TRIES_MAX = 4


class Fault(StrEnum):
    """What goes wrong in a transaction."""

    NONE = "none"
    COMMIT_ANSWER_LOST = "commit answer lost"  # it is committed, and nobody learns so
    COMMIT_REFUSED = "commit refused"  # it is not
    STATEMENT_LOST = "statement lost"  # in the middle
    DISK_FULL = "disk full"
    TOO_LATE = "too late"  # it is committed after whoever asked was told that no answer came


class ServerGone(sqlite3.OperationalError):
    """As the driver says it; transient, so that a use case that is idempotent by its key is repeated."""

    sqlite_errorcode = sqlite3.SQLITE_BUSY


class DiskFull(sqlite3.OperationalError):
    """Not transient: it is told to the caller."""

    sqlite_errorcode = sqlite3.SQLITE_FULL


class DatabaseAway(Exception):
    """What a door learns: the work may or may not be done."""


class FaultyDatabase:
    """Runs a use case as the call server does, under a fault in its first try; `is_away` lets all tries fail."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._fault = Fault.NONE
        self._statements = 0
        event.listen(engine, "before_cursor_execute", self._before_statement)
        event.listen(engine, "commit", self._before_commit)

    def run(self, work: Callable[[Session], T], fault: Fault, *, is_away: bool = False) -> T:
        for attempt in range(TRIES_MAX):
            self._fault = fault if attempt == 0 or is_away else Fault.NONE
            self._statements = 0
            try:
                return self._once(work)
            except DBAPIError as error:
                if not is_transient(error):
                    raise DatabaseAway(str(error.orig)) from error
            finally:
                self._fault = Fault.NONE
        raise DatabaseAway("tried too often")

    def _once(self, work: Callable[[Session], T]) -> T:
        with Session(self.engine, autoflush=False) as session:
            done = work(session)
            session.commit()
        if self._fault is Fault.COMMIT_ANSWER_LOST:
            raise OperationalError("COMMIT", None, ServerGone("the server is gone"))
        if self._fault is Fault.TOO_LATE:
            raise DatabaseAway("no answer in time")
        return done

    def _before_statement(self, *_: object) -> None:
        self._statements += 1
        if self._fault is Fault.STATEMENT_LOST and self._statements == 3:
            raise OperationalError("statement", None, ServerGone("the server is gone"))
        if self._fault is Fault.DISK_FULL and self._statements == 2:
            raise OperationalError("statement", None, DiskFull("database or disk is full"))

    def _before_commit(self, _connection: Connection) -> None:
        if self._fault is Fault.COMMIT_REFUSED:
            raise OperationalError("COMMIT", None, ServerGone("the server is gone"))
