"""One process at work on one import: it holds the import's lock, and does a tenth of a second's worth at a time.

A lock that is not kept for a minute tells that its owner was killed: then the worker goes on (interrupted_imports).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from services.rate_import.import_chunks import Pace, Write
from services.rate_import.refusals import ImportRefused
from services.store.fields import FieldsRefused
from services.upkeep.job_lock import SILENT_SECONDS_MAX, free_lock, keep_lock, new_owner, take_lock

LOCK_PREFIX: Final = "rate-import-"

T = TypeVar("T")


@dataclass(slots=True)
class ImportRun:
    write: Write
    import_id: int
    owner: str = field(default_factory=new_owner)
    pace: Pace = field(default_factory=Pace)

    def step(self, work: Callable[[Session, int], T]) -> T:
        """In a transaction that keeps the lock; the work is told how many rows it may take."""

        def kept(session: Session, most: int) -> T:
            if not keep_lock(session, lock_name(self.import_id), self.owner):
                raise ImportRefused(f"Another process went on with the import {self.import_id}: look at its state.")
            return work(session, most)

        return self.pace.step(self.write, kept)

    def take(self, session: Session) -> bool:
        return take_lock(session, lock_name(self.import_id), self.owner)

    def free(self) -> None:
        self.write(lambda session: free_lock(session, lock_name(self.import_id), self.owner))


@contextmanager
def at_work(write: Write, import_id: int) -> Iterator[ImportRun]:
    """Raises ImportRefused where another process is at work on it."""
    run = ImportRun(write, import_id)
    if not write(run.take):
        raise ImportRefused(
            f"Another process is at work on the import {import_id}. Wait until it is done; one that was killed is gone "
            f"on with by the worker, or by you, after {SILENT_SECONDS_MAX} seconds."
        )
    with freed(run):
        yield run


@contextmanager
def freed(run: ImportRun) -> Iterator[None]:
    """Whoever ends by an unexpected error leaves the lock, and what he did so far, to the worker."""
    try:
        yield
    except (ImportRefused, FieldsRefused, KeyboardInterrupt):
        run.free()
        raise
    run.free()


def lock_name(import_id: int) -> str:
    return f"{LOCK_PREFIX}{import_id}"
