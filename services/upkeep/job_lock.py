"""The lock that lets a job run once at a time: one row for each name, kept fresh by its owner's heartbeat, and judged
by the database's clock alone (the clocks of two machines may differ).

It saves work. What is booked is right without it: see the keys of the ledger.
"""

import os
import secrets
import socket
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import JobLock
from models.clock import DatabaseClock

SILENT_SECONDS_MAX: Final = 60  # an owner beats with every chunk, at most a few seconds apart
OWNER_CHARACTERS_MAX: Final = 80


def new_owner() -> str:
    """Who holds the lock, for people and for comparison: machine, process, and a token, since numbers come again."""
    told = f"{socket.gethostname()[:50]}:{os.getpid()}:{secrets.token_hex(4)}"
    return told[:OWNER_CHARACTERS_MAX]


def take_lock(session: Session, name: str, owner: str) -> bool:
    """True if the lock is ours now: it was free, or ours, or its owner has been silent for too long. Of two takers one
    wins.
    """
    insert = sqlite.insert if _is_sqlite(session) else postgresql.insert
    fresh = insert(JobLock).values(name=name, owner=owner, beat_at=DatabaseClock())
    may_take = (JobLock.beat_at < DatabaseClock(SILENT_SECONDS_MAX)) | (JobLock.owner == owner)
    taken = fresh.on_conflict_do_update(
        index_elements=[JobLock.name],
        set_={"owner": fresh.excluded.owner, "beat_at": fresh.excluded.beat_at},
        where=may_take,
    ).returning(JobLock.owner)
    return session.scalars(taken).one_or_none() is not None


def keep_lock(session: Session, name: str, owner: str) -> bool:
    """Beat, first in the transaction of each chunk; False: another process took over, so nothing may be done."""
    beaten = (
        update(JobLock)
        .where(JobLock.name == name, JobLock.owner == owner)
        .values(beat_at=DatabaseClock())
        .returning(JobLock.name)
    )
    return session.scalars(beaten).one_or_none() is not None


def free_lock(session: Session, name: str, owner: str) -> None:
    session.execute(delete(JobLock).where(JobLock.name == name, JobLock.owner == owner))


def lock_owner(session: Session, name: str) -> str | None:
    return session.scalars(select(JobLock.owner).where(JobLock.name == name)).one_or_none()


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
