"""How much of an import one transaction does: what takes a tenth of a second, so that no call waits for longer."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from models import ChangeAct, RateChange

ROWS_FIRST: Final = 1_000
ROWS_LEAST: Final = 250
ROWS_MOST: Final = 20_000
LONG_NS: Final = (
    100_000_000  # SQLite has one writer: a transaction of this length is halved, a much shorter one doubled
)
PAUSE_MS: Final = 120  # a call that waits for SQLite looks every 100 ms whether the writer is free
CHANGE: Any = RateChange.__table__.c

T = TypeVar("T")
Write = Callable[[Callable[[Session], Any]], Any]  # runs the work in a transaction of its own


class Chunk(NamedTuple):
    """The changes from `begin` until before `end`."""

    begin: int
    end: int
    total: int


@dataclass(slots=True)
class Pace:
    """`rows` is how many the next transaction may take: fewer on a machine that is slow or busy."""

    rows: int = ROWS_FIRST
    is_sqlite: bool = True

    def step(self, write: Write, work: Callable[[Session, int], T]) -> T:
        """The work in a transaction of its own, told how many rows it may take. Its commit counts too: until then
        SQLite lets nobody else write.
        """
        begun = 0

        def timed(session: Session) -> T:
            nonlocal begun
            self.is_sqlite = session.get_bind().dialect.name == "sqlite"
            begun = time.perf_counter_ns()
            return work(session, self.rows)

        found: T = write(timed)
        self._took(time.perf_counter_ns() - begun)
        return found

    def rest(self) -> None:
        """Between two transactions on SQLite: else the next one begins before any call has looked."""
        if self.is_sqlite:
            threading.Event().wait(timedelta(milliseconds=PAUSE_MS).total_seconds())

    def _took(self, nanoseconds: int) -> None:
        if nanoseconds > LONG_NS:
            self.rows = max(ROWS_LEAST, self.rows // 2)
        elif nanoseconds * 3 < LONG_NS:
            self.rows = min(ROWS_MOST, self.rows * 2)


def next_chunk(session: Session, import_id: int, done: int, most: int) -> Chunk:
    """`done` changes are prepared."""
    total = changes_in(session, import_id)
    return Chunk(done, min(done + most, total), total)


def previous_chunk(session: Session, import_id: int, done: int, most: int) -> Chunk:
    """The last ones of those that are prepared or in force."""
    return Chunk(max(done - most, 0), done, changes_in(session, import_id))


def changes_in(session: Session, import_id: int) -> int:
    """Their positions leave no gap."""
    last = session.scalar(select(func.max(CHANGE.position)).where(CHANGE.rate_import_id == import_id))
    return 0 if last is None else last + 1


def changes_of(import_id: int, chunk: Chunk, *acts: ChangeAct) -> tuple[ColumnElement[bool], ...]:
    """Which changes: of these acts, or all."""
    within = (CHANGE.position >= chunk.begin, CHANGE.position < chunk.end)
    return CHANGE.rate_import_id == import_id, *within, *((CHANGE.act.in_(acts),) if acts else ())
