"""The acts on a series and on single cards, told apart where the log names them differently."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_

from models import AuditEntry
from services.audit.audit_report import audit_rows

SERIES, CARD = "card_series", "card"
# These name a series by the id of its row, all others by its number: one series' id may be another one's number.
BY_ID = ("series.create", "series.exported", "series.exported.refused", "series.printed", "series.printed.refused",
         "series.imported")  # fmt: skip


def series_acts(series_id: int, number: int) -> Select[*tuple[Any, ...]]:
    by_id = and_(AuditEntry.act.in_(BY_ID), AuditEntry.object_id == str(series_id))
    by_number = and_(AuditEntry.act.not_in(BY_ID), AuditEntry.object_id == str(number))
    return audit_rows().where(AuditEntry.object_kind == SERIES, or_(by_id, by_number))


def card_acts(card_id: int, series_number: int, number: str, dashed: str) -> Select[*tuple[Any, ...]]:
    """Those on the card itself, and those on a range of its series in which it lies."""
    alone = and_(AuditEntry.object_kind == CARD, or_(AuditEntry.object_id == number, _unlocked(card_id)))
    first, last = (AuditEntry.after[name].as_string() for name in ("first", "last"))
    of_range = and_(
        AuditEntry.object_kind == SERIES,
        AuditEntry.object_id == str(series_number),
        AuditEntry.act.startswith("card."),
        first <= dashed,  # one length within a series, so that texts compare as numbers do
        last >= dashed,
    )
    return audit_rows().where(or_(alone, of_range))


def _unlocked(card_id: int) -> ColumnElement[bool]:
    return and_(AuditEntry.act == "guard.unlock", AuditEntry.object_id == str(card_id))
