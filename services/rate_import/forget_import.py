"""Forget a preview that was never applied, or the changes of an import that is too old to be undone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import Session

from models import ImportState, RateChange, RateImport, RateTable
from services.audit.audit import Act, Actor, note
from services.rate_import.import_chunks import CHANGE, Write, changes_in
from services.rate_import.import_lock import NEXT, allow_large_statements
from services.rate_import.import_run import at_work
from services.rate_import.refusals import ImportRefused

NEVER_APPLIED: Final = frozenset({ImportState.STAGING, ImportState.STAGED})
ENDED: Final = frozenset({ImportState.APPLIED, ImportState.UNDONE})


def forget_import(write: Write, import_id: int, actor: Actor, now: Callable[[], datetime]) -> None:
    """All of a preview; of an import that has ended its changes, so that it can be shown but not undone any more."""
    with at_work(write, import_id) as run:
        rest = 1
        while rest:
            rest = run.step(partial(_forget, import_id=import_id, actor=actor, now=now()))
            if rest:
                run.pace.rest()


def old_imports(session: Session, now: datetime, preview_days: int, undo_days: int) -> list[int]:
    """Previews, and imports that still hold changes, that are as old as that."""
    shown_before, ended_before = now - timedelta(days=preview_days), now - timedelta(days=undo_days)
    is_old: ColumnElement[bool] = (RateImport.state == ImportState.STAGED) & (RateImport.made_at < shown_before)
    has_changes = exists().where(CHANGE.rate_import_id == RateImport.id)
    has_ended = or_(
        (RateImport.state == ImportState.APPLIED) & (RateImport.applied_at < ended_before),
        (RateImport.state == ImportState.UNDONE) & (RateImport.undone_at < ended_before),
    )
    return list(
        session.scalars(select(RateImport.id).where(is_old | (has_ended & has_changes)).order_by(RateImport.id))
    )


def _forget(session: Session, most: int, *, import_id: int, actor: Actor, now: datetime) -> int:
    """How many changes are left."""
    query = select(RateImport).where(RateImport.id == import_id).execution_options(populate_existing=True)
    found = session.scalars(query.with_for_update()).one_or_none()
    if found is None:
        raise ImportRefused(f"There is no import {import_id}: look at the list of imports.")
    if found.state not in NEVER_APPLIED | ENDED:
        raise ImportRefused(f"The import {import_id} cannot be forgotten: {NEXT[found.state]}.")
    allow_large_statements(session)
    rest = max(changes_in(session, import_id) - most, 0)
    last = delete(RateChange).where(CHANGE.rate_import_id == import_id, CHANGE.position >= rest)
    session.execute(last.execution_options(synchronize_session=False))
    if rest == 0:
        _end(session, found, actor, now)
    return rest


def _end(session: Session, found: RateImport, actor: Actor, now: datetime) -> None:
    table = select(RateTable.name).where(RateTable.id == found.rate_table_id)
    told = {"file": found.file_name, "state": found.state.value, "table": session.scalars(table).one()}
    if found.state in NEVER_APPLIED:
        session.execute(delete(RateImport).where(RateImport.id == found.id))
    note(session, actor, Act("rates.import_forgotten", "rate_import", str(found.id), told), now)
