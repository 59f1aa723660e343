"""The history of imports: who brought which file into which table, what it changed, which lines were refused."""

from typing import Any, Final

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from models import ChangeAct, ImportState, RateChange, RateImport, RateImportRefusal, RateSender, RateTable, Verdict

IMPORTS_SHOWN_MAX: Final = 200
ROWS_SHOWN_MAX: Final = 50
CHANGE = RateChange.__table__.c


def imports(session: Session, table_id: int | None = None, *, state: ImportState | None = None) -> list[dict[str, Any]]:
    """The newest first; those that are kept as previews are in the state `staged`."""
    query = _imports().order_by(RateImport.id.desc()).limit(IMPORTS_SHOWN_MAX)
    if state is not None:
        query = query.where(RateImport.state == state)
    if table_id is not None:
        query = query.where(RateImport.rate_table_id == table_id)
    return [_told(*row) for row in session.execute(query)]


def find_import(session: Session, import_id: int, rows_max: int = ROWS_SHOWN_MAX) -> dict[str, Any] | None:
    """With its first changes, flagged ones before others, and its first refused lines."""
    found = session.execute(_imports().where(RateImport.id == import_id)).one_or_none()
    if found is None:
        return None
    row: RateImport = found[0]
    return {
        **_told(*found),
        "columns": row.columns,
        "options": row.options,
        "notes": row.notes,
        "changes": _changes(session, import_id, rows_max),
        "refusals": [
            dict(refusal)
            for refusal in session.execute(
                select(RateImportRefusal.line, RateImportRefusal.reason, RateImportRefusal.sentence)
                .where(RateImportRefusal.rate_import_id == import_id)
                .order_by(RateImportRefusal.line, RateImportRefusal.id)
                .limit(rows_max)
            ).mappings()
        ],
    }


def refused_lines(session: Session, import_id: int) -> list[tuple[int, str, str]]:
    """Line, reason and sentence of each that was kept."""
    columns = (RateImportRefusal.line, RateImportRefusal.reason, RateImportRefusal.sentence)
    query = select(*columns).where(RateImportRefusal.rate_import_id == import_id)
    rows = session.execute(query.order_by(RateImportRefusal.line, RateImportRefusal.id))
    return [(line, reason, sentence) for line, reason, sentence in rows]


def _imports() -> Any:  # noqa: ANN401 (a query of three columns)
    return (
        select(RateImport, RateTable.name, RateSender.name)
        .join(RateTable, RateTable.id == RateImport.rate_table_id)
        .outerjoin(RateSender, RateSender.id == RateImport.rate_sender_id)
    )


def _told(row: RateImport, table: str, sender: str | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "table": table,
        "sender": sender,
        "state": row.state.value,
        "mode": row.mode.value,
        "file": row.file_name,
        "sha256": row.file_sha256,
        "applies_at": row.applies_at,
        "counts": row.counts,
        "made_by": row.made_by,
        "made_at": row.made_at,
        "applied_by": row.applied_by,
        "applied_at": row.applied_at,
        "undone_by": row.undone_by,
        "undone_at": row.undone_at,
    }


def _changes(session: Session, import_id: int, rows_max: int) -> list[dict[str, Any]]:
    """What begins, and what ends for good; an old rate that gives way to a new one is told by the new one."""
    query = (
        select(CHANGE.verdict, CHANGE.line, CHANGE.prefix, CHANGE.destination_name, CHANGE.price_before_micros)
        .add_columns(CHANGE.price_per_minute_micros, CHANGE.valid_from, CHANGE.valid_until)
        .add_columns(CHANGE.is_blocked, CHANGE.is_jump, CHANGE.is_short_notice)
        .where(CHANGE.rate_import_id == import_id)
        .where((CHANGE.act == ChangeAct.BEGIN) | (CHANGE.verdict == Verdict.ENDED))
        .order_by(case((CHANGE.is_jump, 0), (CHANGE.is_short_notice, 1), else_=2), CHANGE.prefix, CHANGE.valid_from)
        .limit(rows_max)
    )
    return [dict(row) for row in session.execute(query).mappings()]
