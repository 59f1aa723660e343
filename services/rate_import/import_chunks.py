"""How much of an import one transaction puts into force: all of it on PostgreSQL, where no reader waits for a writer; a
few thousand changes on SQLite, which has one writer, so that a call's hold waits for milliseconds.
"""

import threading
from datetime import timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import RateChange

SQLITE_CHANGES_MAX: Final = 4_000  # some 50 ms
PAUSE_MS: Final = 120  # a call that waits for SQLite looks every 100 ms whether the writer is free
CHANGE: Any = RateChange.__table__.c


class Chunk(NamedTuple):
    """The changes from `begin` until before `end`; whole codes, so that no call finds half of one."""

    begin: int
    end: int
    total: int


def let_calls_in() -> None:
    """Between two transactions: without a pause the next one begins before any call has looked."""
    threading.Event().wait(timedelta(milliseconds=PAUSE_MS).total_seconds())


def next_chunk(session: Session, import_id: int, done: int) -> Chunk:
    """`done` changes are in force."""
    total = session.scalar(select(func.count()).where(CHANGE.rate_import_id == import_id)) or 0
    end = total
    if session.get_bind().dialect.name == "sqlite" and done + SQLITE_CHANGES_MAX < total:
        end = _begin_of_code(session, import_id, done + SQLITE_CHANGES_MAX)
        end = end if end > done else total
    return Chunk(done, end, total)


def previous_chunk(session: Session, import_id: int, done: int) -> Chunk:
    """The last ones of those in force, to be taken back."""
    total = session.scalar(select(func.count()).where(CHANGE.rate_import_id == import_id)) or 0
    begin = 0
    if session.get_bind().dialect.name == "sqlite" and done > SQLITE_CHANGES_MAX:
        begin = _begin_of_code(session, import_id, done - SQLITE_CHANGES_MAX)
    return Chunk(begin, done, total)


def _begin_of_code(session: Session, import_id: int, position: int) -> int:
    mine = CHANGE.rate_import_id == import_id
    code = select(CHANGE.prefix).where(mine, CHANGE.position == position).scalar_subquery()
    first = select(func.min(CHANGE.position)).where(mine, CHANGE.prefix == code)
    near = CHANGE.position.between(position - SQLITE_CHANGES_MAX, position)
    return session.scalar(first.where(near)) or 0
