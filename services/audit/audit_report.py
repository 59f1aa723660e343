"""The audit log as an operator reads it: a page of it, or all of it for export."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import AuditEntry

ENTRIES_SHOWN_MAX: Final = 1_000
ROWS_A_ROUND: Final = 1_000
COLUMNS: Final = tuple(column.key for column in AuditEntry.__table__.columns if column.key != "chain")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries; None = all. `since` is the first moment, `until` the first one after."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    act: str | None = None
    object_kind: str | None = None
    object_id: str | None = None


def audit_entries(session: Session, wanted: AuditFilter, newest: int) -> list[dict[str, Any]]:
    """The newest first."""
    query = _query(wanted).order_by(AuditEntry.number.desc()).limit(min(newest, ENTRIES_SHOWN_MAX))
    return [dict(zip(COLUMNS, row, strict=True)) for row in session.execute(query)]


def audit_rows() -> Select[*tuple[Any, ...]]:
    """For lists in the console."""
    return select(*(getattr(AuditEntry, name) for name in COLUMNS))


def every_audit_entry(session: Session, wanted: AuditFilter) -> Iterator[tuple[Any, ...]]:
    """All of them in their order, read in rounds, so that no length fills the memory."""
    number = 0
    while rows := session.execute(
        _query(wanted).where(AuditEntry.number > number).order_by(AuditEntry.number).limit(ROWS_A_ROUND)
    ).all():
        for row in rows:
            yield tuple(row)
        number = rows[-1].number


def _query(wanted: AuditFilter) -> Select[*tuple[Any, ...]]:
    query = audit_rows()
    if wanted.since is not None:
        query = query.where(AuditEntry.happened_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEntry.happened_at < wanted.until)
    for name in ("actor", "act", "object_kind", "object_id"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(getattr(AuditEntry, name) == value)
    return query


def last_change(session: Session, object_kind: str, object_id: str) -> dict[str, Any] | None:
    """The newest act on one thing: who changed it, when, and what from what to what."""
    found = audit_entries(session, AuditFilter(object_kind=object_kind, object_id=object_id), newest=1)
    return found[0] if found else None
