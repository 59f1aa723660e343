"""Undo an import: the table holds exactly the rates that it held before, or nothing is done."""

from datetime import datetime
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
from services.rate_import.apply_import import CHANGE, COPIED, changes_of
from services.rate_import.import_lock import allow_large_statements, locked_import
from services.rate_import.stage_import import ImportRefused
from services.routing.deck_revision import touch_deck

KEY: Final = ("prefix", "valid_from", "days", "from_minute", "until_minute")
REST: Final = tuple(name for name in COPIED if name not in KEY)


def undo_import(session: Session, import_id: int, actor: Actor, now: datetime) -> RateImport:
    """Calls already made keep their prices. Raises ImportRefused where its rates were changed since; the caller
    commits.
    """
    undone, table = locked_import(session, import_id, ImportState.APPLIED)
    allow_large_statements(session)
    touched = _touched(session, import_id, table.id)
    if touched:
        later = _later_imports(session, undone)
        told = f"undo first: import {', '.join(map(str, later))}" if later else "they were changed one by one"
        raise ImportRefused(f"{touched} rates of the import {import_id} are no longer as it left them: {told}.")
    _put_back(session, import_id, table.id)
    values = {"state": ImportState.UNDONE, "undone_by": str(actor), "undone_at": now}
    session.execute(update(RateImport).where(RateImport.id == import_id).values(values))
    told_after = {"table": table.name, "file": undone.file_name, **undone.counts}
    note(session, actor, Act("rates.import_undone", "rate_import", str(import_id), after=told_after), now)
    touch_deck(session, table.id)
    return undone


def _touched(session: Session, import_id: int, table_id: int) -> int:
    """How many changes do not stand as applying left them."""
    begun = _count(session, import_id, ChangeAct.BEGIN)
    stand = session.scalar(_begun(import_id, table_id, func.count()).where(*_equal(REST))) or 0
    ended = _count(session, import_id, ChangeAct.END)
    # The steps of an old rate may be spelled otherwise; they cannot end.
    same_end = and_(Rate.id == CHANGE.rate_id, *_equal(tuple(name for name in COPIED if name != "steps")))
    still = select(func.count()).select_from(RateChange).join(Rate, same_end)
    return begun - stand + ended - (session.scalar(still.where(*changes_of(import_id, ChangeAct.END))) or 0)


def _count(session: Session, import_id: int, act: ChangeAct) -> int:
    counted = select(func.count()).select_from(RateChange).where(*changes_of(import_id, act))
    return session.scalar(counted) or 0


def _begun(import_id: int, table_id: int, what: Any) -> Select[Any]:  # noqa: ANN401 (a column or a count)
    """The rates that the import let begin: their keys are unique in the table."""
    is_it = and_(Rate.rate_table_id == table_id, *(getattr(Rate, name) == CHANGE[name] for name in KEY))
    return select(what).select_from(RateChange).join(Rate, is_it).where(*changes_of(import_id, ChangeAct.BEGIN))


def _equal(names: tuple[str, ...]) -> list[ColumnElement[bool]]:
    """Column by column, where nothing equals nothing; JSON as its text."""
    return [
        cast(Rate.steps, Text) == cast(CHANGE.steps, Text)
        if name == "steps"
        else getattr(Rate, name).is_not_distinct_from(CHANGE[name])
        for name in names
    ]


def _put_back(session: Session, import_id: int, table_id: int) -> None:
    """In the opposite order of applying, so that keys are free again."""
    began = _begun(import_id, table_id, Rate.id)
    session.execute(delete(Rate).where(Rate.id.in_(began)).execution_options(synchronize_session=False))
    session.execute(
        update(Rate)
        .where(Rate.id == CHANGE.rate_id, *changes_of(import_id, ChangeAct.END))
        .values(valid_until=CHANGE.valid_until_before)
        .execution_options(synchronize_session=False)
    )
    other = aliased(Rate)
    # SQLite may have given the number of a removed row to another one: then it gets a new one.
    free = case((exists().where(other.id == CHANGE.rate_id), null()), else_=CHANGE.rate_id)
    removed = select(*(CHANGE[name] for name in COPIED), free, literal(table_id, BigInteger))
    columns = removed.where(*changes_of(import_id, ChangeAct.REMOVE)).order_by(CHANGE.position)
    session.execute(insert(Rate).from_select([*COPIED, "id", "rate_table_id"], columns, include_defaults=False))


def _later_imports(session: Session, undone: RateImport) -> list[int]:
    query = (
        select(RateImport.id)
        .where(RateImport.rate_table_id == undone.rate_table_id, RateImport.state == ImportState.APPLIED)
        .where(RateImport.applied_at >= undone.applied_at, RateImport.id != undone.id)
        .order_by(RateImport.applied_at.desc(), RateImport.id.desc())
    )
    return list(session.scalars(query))
