"""Undo an import: the table holds exactly the rates that it held before, or nothing is done."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from models import ChangeAct, ImportState, Rate, RateChange, RateImport
from services.audit.audit import Act, Actor, note
from services.rate_import.apply_import import COPIED, changes_of
from services.rate_import.import_chunks import CHANGE, Chunk, let_calls_in, previous_chunk
from services.rate_import.import_lock import allow_large_statements, locked_import
from services.rate_import.sheet import Progress, nothing_shown
from services.rate_import.stage_import import ImportRefused, Write
from services.routing.deck_revision import touch_deck

KEY: Final = ("prefix", "valid_from", "days", "from_minute", "until_minute")
AFTER: Final = frozenset({ImportState.APPLIED, ImportState.APPLYING, ImportState.UNDOING})
REST: Final = tuple(name for name in COPIED if name not in KEY)


def undo_import(
    write: Write, import_id: int, actor: Actor, now: Callable[[], datetime], progress: Progress = nothing_shown
) -> None:
    """Calls already made keep their prices. Raises ImportRefused where its rates were changed since; one that was
    killed on the way is gone on with.
    """
    revision = _refuse_touched(write, import_id)
    chunk = Chunk(1, 1, 1)
    while chunk.begin > 0:
        chunk = write(partial(_undo_chunk, import_id=import_id, revision=revision, actor=actor, now=now()))
        progress(chunk.total - chunk.begin, chunk.total)
        if chunk.begin > 0:
            let_calls_in()


def _refuse_touched(write: Write, import_id: int) -> int:
    """The revision of the table at which nothing of the import was touched."""
    chunk, revision, touched = Chunk(1, 1, 1), 0, 0
    done: int | None = None
    while chunk.begin > 0:
        chunk, revision, some = write(partial(_look_at, import_id=import_id, done=done))
        touched, done = touched + some, chunk.begin
        if chunk.begin > 0:
            let_calls_in()
    if touched:
        later = write(partial(_later_imports, import_id=import_id))
        told = f"undo first: import {', '.join(map(str, later))}" if later else "they were changed one by one"
        raise ImportRefused(f"{touched} rates of the import {import_id} are no longer as it left them: {told}.")
    return revision


def _look_at(session: Session, import_id: int, done: int | None) -> tuple[Chunk, int, int]:
    """A chunk, the table's revision, and how many of the chunk's changes do not stand any more."""
    undone, table = locked_import(session, import_id, AFTER)
    allow_large_statements(session)
    if undone.state is ImportState.UNDOING:
        return Chunk(0, 0, 0), table.revision, 0
    chunk = previous_chunk(session, import_id, undone.changes_done if done is None else done)
    return chunk, table.revision, _touched(session, import_id, table.id, chunk)


def _undo_chunk(session: Session, import_id: int, revision: int, actor: Actor, now: datetime) -> Chunk:
    undone, table = locked_import(session, import_id, AFTER)
    if table.revision != revision:
        raise ImportRefused(f"The rate table {table.name} was changed just now: undo the import {import_id} again.")
    allow_large_statements(session)
    chunk = previous_chunk(session, import_id, undone.changes_done)
    _put_back(session, import_id, table.id, chunk)
    is_whole = chunk.begin == 0
    values: dict[str, Any] = {"state": ImportState.UNDOING, "changes_done": chunk.begin}
    if undone.applied_at is None:
        values |= {"applied_by": str(actor), "applied_at": now}
    if is_whole:
        values |= {"state": ImportState.UNDONE, "undone_by": str(actor), "undone_at": now}
    session.execute(update(RateImport).where(RateImport.id == import_id).values(values))
    if is_whole:
        told = {"table": table.name, "file": undone.file_name, **undone.counts}
        note(session, actor, Act("rates.import_undone", "rate_import", str(import_id), after=told), now)
        touch_deck(session, table.id)
    return chunk


def _touched(session: Session, import_id: int, table_id: int, chunk: Chunk) -> int:
    """How many changes do not stand as applying left them."""
    begun = _count(session, import_id, chunk, ChangeAct.BEGIN)
    stand = session.scalar(_begun(import_id, table_id, chunk, func.count()).where(*_equal(REST))) or 0
    ended = _count(session, import_id, chunk, ChangeAct.END)
    # The steps of an old rate may be spelled otherwise; they cannot end.
    same_end = and_(Rate.id == CHANGE.rate_id, *_equal(tuple(name for name in COPIED if name != "steps")))
    still = select(func.count()).select_from(RateChange).join(Rate, same_end)
    return begun - stand + ended - (session.scalar(still.where(*changes_of(import_id, chunk, ChangeAct.END))) or 0)


def _count(session: Session, import_id: int, chunk: Chunk, act: ChangeAct) -> int:
    counted = select(func.count()).select_from(RateChange).where(*changes_of(import_id, chunk, act))
    return session.scalar(counted) or 0


def _begun(import_id: int, table_id: int, chunk: Chunk, what: Any) -> Select[Any]:  # noqa: ANN401 (a column or a count)
    """The rates that the import let begin: their keys are unique in the table."""
    is_it = and_(Rate.rate_table_id == table_id, *(getattr(Rate, name) == CHANGE[name] for name in KEY))
    return select(what).select_from(RateChange).join(Rate, is_it).where(*changes_of(import_id, chunk, ChangeAct.BEGIN))


def _equal(names: tuple[str, ...]) -> list[ColumnElement[bool]]:
    """Column by column, where nothing equals nothing; JSON as its text."""
    return [
        cast(Rate.steps, Text) == cast(CHANGE.steps, Text)
        if name == "steps"
        else getattr(Rate, name).is_not_distinct_from(CHANGE[name])
        for name in names
    ]


def _put_back(session: Session, import_id: int, table_id: int, chunk: Chunk) -> None:
    """In the opposite order of applying, so that keys are free again."""
    began = _begun(import_id, table_id, chunk, Rate.id)
    session.execute(delete(Rate).where(Rate.id.in_(began)).execution_options(synchronize_session=False))
    session.execute(
        update(Rate)
        .where(Rate.id == CHANGE.rate_id, *changes_of(import_id, chunk, ChangeAct.END))
        .values(valid_until=CHANGE.valid_until_before)
        .execution_options(synchronize_session=False)
    )
    other = aliased(Rate)
    # SQLite may have given the number of a removed row to another one: then it gets a new one.
    free = case((exists().where(other.id == CHANGE.rate_id), null()), else_=CHANGE.rate_id)
    removed = select(*(CHANGE[name] for name in COPIED), free, literal(table_id, BigInteger))
    columns = removed.where(*changes_of(import_id, chunk, ChangeAct.REMOVE)).order_by(CHANGE.position)
    session.execute(insert(Rate).from_select([*COPIED, "id", "rate_table_id"], columns, include_defaults=False))


def _later_imports(session: Session, import_id: int) -> list[int]:
    table = select(RateImport.rate_table_id).where(RateImport.id == import_id).scalar_subquery()
    query = select(RateImport.id).where(RateImport.rate_table_id == table, RateImport.state == ImportState.APPLIED)
    return list(session.scalars(query.where(RateImport.id > import_id).order_by(RateImport.id.desc())))
