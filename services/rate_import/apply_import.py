"""Step three of an import: its changes are prepared where nobody sees them, and then seen all at one moment."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import ImportState, RateImport, RateTable
from services.audit.audit import Act, Actor, note
from services.rate_import.import_chunks import Chunk, Write, changes_in, next_chunk
from services.rate_import.import_lock import locked_import
from services.rate_import.import_run import at_work
from services.rate_import.move_import import move_changes, refuse_move
from services.rate_import.next_generation import make_live, prepare_changes
from services.rate_import.refusals import ImportRefused, Reason
from services.rate_import.sheet import Progress, nothing_shown
from services.rate_import.stage_import import refuse_refused
from services.rate_import.sweep_rates import sweep_rates
from services.routing.deck_revision import touch_deck

PREVIEW_HOURS_MAX: Final = 1  # rates may begin this long before they are applied: a person reads the preview meanwhile
BEFORE: Final = frozenset({ImportState.STAGED, ImportState.APPLYING})


@dataclass(frozen=True, slots=True)
class ApplyOrder:
    """`at`: from when the rates hold, if not from the moment that they were compared for; `left_out`: reasons whose
    refused lines may be missing, besides those that staging was told.
    """

    at: datetime | None = None
    left_out: frozenset[Reason] = frozenset()


AS_STAGED: Final = ApplyOrder()


def apply_import(
    write: Write,
    import_id: int,
    actor: Actor,
    now: Callable[[], datetime],
    progress: Progress = nothing_shown,
    order: ApplyOrder = AS_STAGED,
) -> None:
    """The old rates end and the new ones begin at their moments. One that was killed on the way is gone on with.

    Raises ImportRefused where the table has changed since the preview, or the preview's moment is long past.
    """
    with at_work(write, import_id) as run:
        chunk = Chunk(0, 0, 1)
        while chunk.end < chunk.total:
            chunk = run.step(partial(_prepare, import_id=import_id, actor=actor, now=now(), order=order))
            progress(chunk.end, chunk.total)
            if chunk.end < chunk.total:
                run.pace.rest()
        table_id = run.step(partial(_switch, import_id=import_id, actor=actor, now=now()))
    sweep_rates(write, table_id, run.pace)


def _prepare(session: Session, most: int, *, import_id: int, actor: Actor, now: datetime, order: ApplyOrder) -> Chunk:
    applied, table = locked_import(session, import_id, BEFORE)
    if applied.state is ImportState.STAGED:
        _begin(session, applied, table, str(actor), order)
    _refuse_outdated(applied, table, now)
    chunk = next_chunk(session, import_id, applied.changes_done, most)
    if applied.compared_for is not None:
        move_changes(session, import_id, chunk, applied.compared_for, applied.applies_at)
    prepare_changes(session, import_id, table, chunk)
    applied.state, applied.changes_done = ImportState.APPLYING, chunk.end
    session.flush()
    return chunk


def _begin(session: Session, applied: RateImport, table: RateTable, asked_by: str, order: ApplyOrder) -> None:
    left_out = sorted({*applied.options.get("left_out", ()), *order.left_out})
    refuse_refused(applied.options.get("refused", {}), left_out)
    applied.options = {**applied.options, "left_out": left_out}
    applied.applied_by = asked_by
    if order.at is not None and order.at != applied.applies_at and table.revision == applied.table_revision:
        refuse_move(session, applied, table, order.at)
        applied.compared_for, applied.applies_at = applied.applies_at, order.at


def _refuse_outdated(applied: RateImport, table: RateTable, now: datetime) -> None:
    is_begun = applied.changes_done > 0
    if table.revision != applied.table_revision:
        cure = f"undo the import {applied.id}, then import the file again" if is_begun else "import the file again"
        raise ImportRefused(f"The rate table {table.name} has changed since the preview: {cure}.")
    if not is_begun and now - applied.applies_at > timedelta(hours=PREVIEW_HOURS_MAX):
        raise ImportRefused(
            f"The rates would begin at {applied.applies_at:%Y-%m-%d %H:%M} UTC, which is past: import the file again."
        )


def _switch(session: Session, _most: int, *, import_id: int, actor: Actor, now: datetime) -> int:
    """The id of the table."""
    applied, table = locked_import(session, import_id, frozenset({ImportState.APPLYING}))
    _refuse_outdated(applied, table, now)
    assert applied.changes_done == changes_in(session, import_id)  # noqa: S101
    make_live(session, table)
    values = {"state": ImportState.APPLIED, "applied_at": now}
    session.execute(update(RateImport).where(RateImport.id == import_id).values(values))
    _note(session, applied, table, actor, now)
    touch_deck(session, table.id)
    return table.id


def _note(session: Session, applied: RateImport, table: RateTable, actor: Actor, now: datetime) -> None:
    told = {
        "table": table.name,
        "file": applied.file_name,
        "sha256": applied.file_sha256,
        "applies_at": applied.applies_at.isoformat(),
        "asked_by": applied.applied_by,
        **applied.counts,
    }
    note(session, actor, Act("rates.imported", "rate_import", str(applied.id), after=told), now)
