"""Step three of an import: three statements put all of it into force, or none of it."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, delete, insert, literal, select, update
from sqlalchemy.orm import Session

from models import ChangeAct, ImportState, Rate, RateChange, RateImport
from services.audit.audit import Act, Actor, note
from services.rate_import.import_lock import allow_large_statements, locked_import
from services.rate_import.stage_import import ImportRefused
from services.routing.deck_revision import touch_deck

PREVIEW_HOURS_MAX: Final = 1  # rates may begin this long before they are applied: a person reads the preview meanwhile
CHANGE = RateChange.__table__.c
COPIED: Final = tuple(column.name for column in Rate.__table__.columns if column.name not in {"id", "rate_table_id"})


def apply_import(session: Session, import_id: int, actor: Actor, now: datetime) -> RateImport:
    """The old rates end and the new ones begin at their moments; the caller commits.

    Raises ImportRefused where the table has changed since the preview, or the preview's moment is long past.
    """
    applied, table = locked_import(session, import_id, ImportState.STAGED)
    if table.revision != applied.table_revision:
        raise ImportRefused(f"The rate table {table.name} has changed since the preview: import the file again.")
    if now - applied.applies_at > timedelta(hours=PREVIEW_HOURS_MAX):
        raise ImportRefused(
            f"The rates would begin at {applied.applies_at:%Y-%m-%d %H:%M} UTC, which is past: import the file again."
        )
    allow_large_statements(session)
    _put_into_force(session, import_id, table.id)
    values = {"state": ImportState.APPLIED, "applied_by": str(actor), "applied_at": now}
    session.execute(update(RateImport).where(RateImport.id == import_id).values(values))
    told = {
        "table": table.name,
        "file": applied.file_name,
        "sha256": applied.file_sha256,
        "applies_at": applied.applies_at.isoformat(),
        **applied.counts,
    }
    note(session, actor, Act("rates.imported", "rate_import", str(import_id), after=told), now)
    touch_deck(session, table.id)
    return applied


def _put_into_force(session: Session, import_id: int, table_id: int) -> None:
    """Rows that end give way before others begin: their keys may be the same."""
    session.execute(
        delete(Rate)
        .where(Rate.id.in_(select(CHANGE.rate_id).where(*changes_of(import_id, ChangeAct.REMOVE))))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Rate)
        .where(Rate.id == CHANGE.rate_id, *changes_of(import_id, ChangeAct.END))
        .values(valid_until=CHANGE.valid_until)
        .execution_options(synchronize_session=False)
    )
    begun = select(*(CHANGE[name] for name in COPIED)).where(*changes_of(import_id, ChangeAct.BEGIN))
    columns = begun.add_columns(literal(table_id, BigInteger)).order_by(CHANGE.position)
    session.execute(insert(Rate).from_select([*COPIED, "rate_table_id"], columns, include_defaults=False))


def changes_of(import_id: int, act: ChangeAct) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return CHANGE.rate_import_id == import_id, CHANGE.act == act
