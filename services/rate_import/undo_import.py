"""Undo an import: the table holds exactly the rates that it held before, from one moment on, or nothing is done."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import ImportState, RateImport
from services.audit.audit import Act, Actor, note
from services.rate_import.import_chunks import Chunk, Write, changes_in, previous_chunk
from services.rate_import.import_lock import locked_import
from services.rate_import.import_run import ImportRun, at_work
from services.rate_import.next_generation import make_live, prepare_undoing
from services.rate_import.refusals import ImportRefused
from services.rate_import.sheet import Progress, nothing_shown
from services.rate_import.sweep_rates import sweep_rates
from services.rate_import.take_back_import import BEGUN, take_back_import
from services.rate_import.touched_rates import touched_rates
from services.routing.deck_revision import touch_deck

AFTER: Final = frozenset({ImportState.APPLIED, ImportState.UNDOING})


def undo_import(
    write: Write, import_id: int, actor: Actor, now: Callable[[], datetime], progress: Progress = nothing_shown
) -> None:
    """Calls already made keep their prices. Raises ImportRefused where its rates were changed since; one that was
    killed on the way is gone on with. One that is not in force yet is taken back, and kept as a preview.
    """
    if write(partial(_state, import_id=import_id)) in BEGUN:
        take_back_import(write, import_id, actor, now, progress)
        return
    with at_work(write, import_id) as run:
        table_id = run.step(partial(_table_of, import_id=import_id))
        sweep_rates(write, table_id, run.pace)  # the numbers of the rates of before are free then
        revision = _refuse_touched(run)
        chunk = Chunk(1, 1, 1)
        while chunk.begin > 0:
            chunk = run.step(partial(_prepare, import_id=import_id, revision=revision))
            progress(chunk.total - chunk.begin, chunk.total)
            if chunk.begin > 0:
                run.pace.rest()
        run.step(partial(_switch, import_id=import_id, actor=actor, now=now()))
    sweep_rates(write, table_id, run.pace)


def _state(session: Session, import_id: int) -> ImportState | None:
    return session.scalars(select(RateImport.state).where(RateImport.id == import_id)).one_or_none()


def _table_of(session: Session, _most: int, *, import_id: int) -> int:
    return locked_import(session, import_id, AFTER)[1].id


def _refuse_touched(run: ImportRun) -> int:
    """The revision of the table at which nothing of the import was touched."""
    chunk, revision, touched = Chunk(1, 1, 1), 0, 0
    done: int | None = None
    while chunk.begin > 0:
        chunk, revision, some = run.step(partial(_look_at, import_id=run.import_id, done=done))
        touched, done = touched + some, chunk.begin
        if chunk.begin > 0:
            run.pace.rest()
    if touched:
        later = run.write(partial(_later_imports, import_id=run.import_id))
        if later:
            which = ", ".join(map(str, later))
            raise ImportRefused(
                f"{touched} rates of the import {run.import_id} are no longer as it left them: "
                f"undo first import {which}."
            )
        raise ImportRefused(
            f"{touched} rates of the import {run.import_id} are no longer as it left them, "
            "they were changed one by one: import the list of before as a full list instead."
        )
    return revision


def _look_at(session: Session, most: int, *, import_id: int, done: int | None) -> tuple[Chunk, int, int]:
    """A chunk, the table's revision, and how many of the chunk's changes do not stand any more."""
    undone, table = locked_import(session, import_id, AFTER)
    if undone.state is ImportState.UNDOING:  # it was looked at before it began, and no one may change it since
        return Chunk(0, 0, 0), table.revision, 0
    if changes_in(session, import_id) < undone.changes_done:
        raise ImportRefused(f"The changes of the import {import_id} are forgotten, since it is old: import a new list.")
    chunk = previous_chunk(session, import_id, undone.changes_done if done is None else done, most)
    return chunk, table.revision, touched_rates(session, import_id, table.id, chunk)


def _prepare(session: Session, most: int, *, import_id: int, revision: int) -> Chunk:
    undone, table = locked_import(session, import_id, AFTER)
    if table.revision != revision:
        raise ImportRefused(f"The rate table {table.name} was changed just now: undo the import {import_id} again.")
    chunk = previous_chunk(session, import_id, undone.changes_done, most)
    prepare_undoing(session, import_id, table, chunk)
    values = {"state": ImportState.UNDOING, "changes_done": chunk.begin}
    session.execute(update(RateImport).where(RateImport.id == import_id).values(values))
    return chunk


def _switch(session: Session, _most: int, *, import_id: int, actor: Actor, now: datetime) -> None:
    undone, table = locked_import(session, import_id, frozenset({ImportState.UNDOING}))
    assert undone.changes_done == 0  # noqa: S101
    make_live(session, table)
    values = {"state": ImportState.UNDONE, "undone_by": str(actor), "undone_at": now}
    session.execute(update(RateImport).where(RateImport.id == import_id).values(values))
    told = {"table": table.name, "file": undone.file_name, **undone.counts}
    note(session, actor, Act("rates.import_undone", "rate_import", str(import_id), after=told), now)
    touch_deck(session, table.id)


def _later_imports(session: Session, import_id: int) -> list[int]:
    table = select(RateImport.rate_table_id).where(RateImport.id == import_id).scalar_subquery()
    query = select(RateImport.id).where(RateImport.rate_table_id == table, RateImport.state == ImportState.APPLIED)
    return list(session.scalars(query.where(RateImport.id > import_id).order_by(RateImport.id.desc())))
