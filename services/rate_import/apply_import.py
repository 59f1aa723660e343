"""Step three of an import: its changes put into force, exactly once, whoever is killed on the way."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, delete, insert, literal, select, update
from sqlalchemy.orm import Session

from models import ChangeAct, ImportState, Rate, RateImport, RateTable
from services.audit.audit import Act, Actor, note
from services.rate_import.import_chunks import CHANGE, Chunk, let_calls_in, next_chunk
from services.rate_import.import_lock import allow_large_statements, locked_import
from services.rate_import.sheet import Progress, nothing_shown
from services.rate_import.stage_import import ImportRefused, Write
from services.routing.deck_revision import touch_deck

PREVIEW_HOURS_MAX: Final = 1  # rates may begin this long before they are applied: a person reads the preview meanwhile
COPIED: Final = tuple(column.name for column in Rate.__table__.columns if column.name not in {"id", "rate_table_id"})
BEFORE: Final = frozenset({ImportState.STAGED, ImportState.APPLYING})


def apply_import(
    write: Write, import_id: int, actor: Actor, now: Callable[[], datetime], progress: Progress = nothing_shown
) -> None:
    """The old rates end and the new ones begin at their moments. One that was killed on the way is gone on with.

    Raises ImportRefused where the table has changed since the preview, or the preview's moment is long past.
    """
    chunk = Chunk(0, 0, 1)
    while chunk.end < chunk.total:
        chunk = write(partial(_apply_chunk, import_id=import_id, actor=actor, now=now()))
        progress(chunk.end, chunk.total)
        if chunk.end < chunk.total:
            let_calls_in()


def _apply_chunk(session: Session, import_id: int, actor: Actor, now: datetime) -> Chunk:
    applied, table = locked_import(session, import_id, BEFORE)
    _refuse_outdated(applied, table, now)
    allow_large_statements(session)
    chunk = next_chunk(session, import_id, applied.changes_done)
    _put_into_force(session, import_id, table.id, chunk)
    is_whole = chunk.end == chunk.total
    values: dict[str, Any] = {"state": ImportState.APPLYING, "changes_done": chunk.end}
    if is_whole:
        values |= {"state": ImportState.APPLIED, "applied_by": str(actor), "applied_at": now}
    session.execute(update(RateImport).where(RateImport.id == import_id).values(values))
    if is_whole:
        _note(session, applied, table, actor, now)
        touch_deck(session, table.id)
    return chunk


def _refuse_outdated(applied: RateImport, table: RateTable, now: datetime) -> None:
    is_begun = applied.state is ImportState.APPLYING
    if table.revision != applied.table_revision:
        cure = f"undo the import {applied.id}, then import the file again" if is_begun else "import the file again"
        raise ImportRefused(f"The rate table {table.name} has changed since the preview: {cure}.")
    if not is_begun and now - applied.applies_at > timedelta(hours=PREVIEW_HOURS_MAX):
        raise ImportRefused(
            f"The rates would begin at {applied.applies_at:%Y-%m-%d %H:%M} UTC, which is past: import the file again."
        )


def _put_into_force(session: Session, import_id: int, table_id: int, chunk: Chunk) -> None:
    """Rows that end give way before others begin: their keys may be the same."""
    session.execute(
        delete(Rate)
        .where(Rate.id.in_(select(CHANGE.rate_id).where(*changes_of(import_id, chunk, ChangeAct.REMOVE))))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Rate)
        .where(Rate.id == CHANGE.rate_id, *changes_of(import_id, chunk, ChangeAct.END))
        .values(valid_until=CHANGE.valid_until)
        .execution_options(synchronize_session=False)
    )
    begun = select(*(CHANGE[name] for name in COPIED)).where(*changes_of(import_id, chunk, ChangeAct.BEGIN))
    columns = begun.add_columns(literal(table_id, BigInteger)).order_by(CHANGE.position)
    session.execute(insert(Rate).from_select([*COPIED, "rate_table_id"], columns, include_defaults=False))


def changes_of(import_id: int, chunk: Chunk, act: ChangeAct) -> tuple[ColumnElement[bool], ...]:
    within = (CHANGE.position >= chunk.begin, CHANGE.position < chunk.end)
    return CHANGE.rate_import_id == import_id, *within, CHANGE.act == act


def _note(session: Session, applied: RateImport, table: RateTable, actor: Actor, now: datetime) -> None:
    told = {
        "table": table.name,
        "file": applied.file_name,
        "sha256": applied.file_sha256,
        "applies_at": applied.applies_at.isoformat(),
        **applied.counts,
    }
    note(session, actor, Act("rates.imported", "rate_import", str(applied.id), after=told), now)
