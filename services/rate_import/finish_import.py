"""Go on with an import that was killed on its way: forward, back, or forgotten; whatever it was about to do."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ImportState, JobLock, RateImport
from models.clock import DatabaseClock
from services.audit.audit import Actor
from services.rate_import.apply_import import apply_import
from services.rate_import.forget_import import forget_import
from services.rate_import.import_chunks import Write
from services.rate_import.import_run import LOCK_PREFIX, lock_name
from services.rate_import.refusals import ImportRefused
from services.rate_import.sheet import Progress, nothing_shown
from services.rate_import.take_back_import import take_back_import
from services.rate_import.undo_import import undo_import
from services.upkeep.job_lock import SILENT_SECONDS_MAX

UNFINISHED: Final = (ImportState.STAGING, ImportState.APPLYING, ImportState.TAKING_BACK, ImportState.UNDOING)


def interrupted_imports(session: Session) -> list[int]:
    """Those that no process works on any more, the oldest first."""
    alive = select(JobLock.name).where(
        JobLock.name.startswith(LOCK_PREFIX), JobLock.beat_at >= DatabaseClock(SILENT_SECONDS_MAX)
    )
    at_work = set(session.scalars(alive))
    unfinished = select(RateImport.id).where(RateImport.state.in_(UNFINISHED)).order_by(RateImport.id)
    return [import_id for import_id in session.scalars(unfinished) if lock_name(import_id) not in at_work]


def finish_import(
    write: Write, import_id: int, actor: Actor, now: Callable[[], datetime], progress: Progress = nothing_shown
) -> ImportState | None:
    """In which state it is then; None: it was not staged to its end, and is forgotten. What cannot be applied any more
    is taken back. Raises ImportRefused where there is nothing to go on with.
    """

    def state(session: Session) -> ImportState | None:
        return session.scalars(select(RateImport.state).where(RateImport.id == import_id)).one_or_none()

    match write(state):
        case ImportState.STAGING:
            forget_import(write, import_id, actor, now)
        case ImportState.UNDOING:
            undo_import(write, import_id, actor, now, progress)
        case ImportState.TAKING_BACK:
            take_back_import(write, import_id, actor, now, progress)
        case ImportState.APPLYING:
            _apply_or_take_back(write, import_id, actor, now, progress)
        case _:
            apply_import(write, import_id, actor, now, progress)
    found: ImportState | None = write(state)
    return found


def _apply_or_take_back(
    write: Write, import_id: int, actor: Actor, now: Callable[[], datetime], progress: Progress
) -> None:
    try:
        apply_import(write, import_id, actor, now, progress)
    except ImportRefused:
        take_back_import(write, import_id, actor, now, progress)
