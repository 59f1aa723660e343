"""Give up an import that is being applied: nothing of it was seen, and the table is left as it was."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import ImportState, RateImport
from services.audit.audit import Act, Actor, note
from services.rate_import.import_chunks import Chunk, Write, previous_chunk
from services.rate_import.import_lock import locked_import
from services.rate_import.import_run import at_work
from services.rate_import.move_import import move_changes
from services.rate_import.next_generation import take_back
from services.rate_import.sheet import Progress, nothing_shown

BEGUN: Final = frozenset({ImportState.APPLYING, ImportState.TAKING_BACK})


def take_back_import(
    write: Write, import_id: int, actor: Actor, now: Callable[[], datetime], progress: Progress = nothing_shown
) -> None:
    """It is kept as a preview. One that was killed on the way is gone on with."""
    with at_work(write, import_id) as run:
        chunk = Chunk(1, 1, 1)
        while chunk.begin > 0:
            chunk = run.step(partial(_take_back, import_id=import_id, actor=actor, now=now()))
            progress(chunk.total - chunk.begin, chunk.total)
            if chunk.begin > 0:
                run.pace.rest()


def _take_back(session: Session, most: int, *, import_id: int, actor: Actor, now: datetime) -> Chunk:
    given_up, table = locked_import(session, import_id, BEGUN)
    chunk = previous_chunk(session, import_id, given_up.changes_done, most)
    take_back(session, import_id, table, chunk)
    if given_up.compared_for is not None:
        move_changes(session, import_id, chunk, given_up.applies_at, given_up.compared_for)
    values: dict[str, Any] = {"state": ImportState.TAKING_BACK, "changes_done": chunk.begin}
    if chunk.begin == 0:
        compared_for = given_up.compared_for or given_up.applies_at
        values |= {"state": ImportState.STAGED, "applied_by": None}
        values |= {"applies_at": compared_for, "compared_for": None}
        told = {"table": table.name, "file": given_up.file_name, "asked_by": given_up.applied_by}
        note(session, actor, Act("rates.import_taken_back", "rate_import", str(import_id), after=told), now)
    session.execute(update(RateImport).where(RateImport.id == import_id).values(values))
    return chunk
