"""The form of an import of rates, and what it asks the worker in JSON's values."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from flask import current_app, request

from admin_web.access import now
from admin_web.forms.form import posted, read_values
from models import ImportMode
from services.rate_import.date_cells import DateOrder
from services.rate_import.headings import Column
from services.rate_import.price_cells import DecimalSign
from services.rate_import.refusals import Reason
from services.rate_import.senders import NAME_MAX
from services.store.fields import Field, FieldKind, FieldsRefused, checked_values
from web_base.texts import gettext

COLUMNS_CHARACTERS_MAX = 4_000
IMPORT_FIELDS: tuple[Field, ...] = (
    Field("table_id", FieldKind.CHOICE, "Into which rate table.", 1),
    Field("mode", FieldKind.WORD, "What the file has not: it stays (amend) or ends (replace).", words=ImportMode),
    Field(
        "applies_at", FieldKind.MOMENT, "From when the rates hold at the earliest; empty = at once.", is_optional=True
    ),
    Field(
        "sender",
        FieldKind.TEXT,
        "Who sent it: its columns are remembered.",
        most=NAME_MAX,
        is_optional=True,
    ),
    Field("jump_percent", FieldKind.WHOLE, "Prices that change by more are flagged.", 1, 10_000),
    Field("notice_days", FieldKind.WHOLE, "Increases that come sooner are flagged.", 0, 365, is_optional=True),
    Field("sheet", FieldKind.TEXT, "Sheet of a workbook; empty = the longest.", most=120, is_optional=True),
    Field("dates", FieldKind.WORD, "Where it cannot be told.", words=DateOrder, is_optional=True),
    Field("decimal", FieldKind.WORD, "Where it cannot be told.", words=DecimalSign, is_optional=True),
    Field(
        "columns",
        FieldKind.TEXT,
        "Only where the guess is wrong, one a line: HEADING=FIELD, or the column's number in place of its heading.",
        most=COLUMNS_CHARACTERS_MAX,
        is_optional=True,
    ),
)


def usual_values() -> dict[str, Any]:
    jump_percent = current_app.config["SETTINGS"].rate_jump_percent
    return {"mode": ImportMode.AMEND, "jump_percent": jump_percent, "table_id": request.args.get("table", type=int)}


def read_order() -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """What is asked for, what was typed, and what is wrong with it."""
    typed = posted()
    values, problems = read_values(IMPORT_FIELDS, typed)
    if problems:
        return {}, typed, problems
    try:
        checked = checked_values(IMPORT_FIELDS, values, is_new=True)
        return _order(checked), typed, {}
    except FieldsRefused as refused:
        return {}, typed, refused.problems


def typed_of(order: Mapping[str, Any]) -> dict[str, Any]:
    """An order as its form shows it."""
    columns = "\n".join(f"{heading}={what}" for heading, what in (order.get("columns") or {}).items())
    return {**order, "columns": columns, "applies_at": None}


def _order(checked: Mapping[str, Any]) -> dict[str, Any]:
    at = checked["applies_at"]
    if at is not None and at < now():
        raise FieldsRefused({"applies_at": gettext("This is past: calls of then are charged already.")})
    return {
        **{name: getattr(value, "value", value) for name, value in checked.items()},
        "applies_at": None if at is None else at.astimezone(UTC).isoformat(),
        "columns": _columns(checked["columns"] or ""),
        "left_out": [word for word in request.form.getlist("left_out") if word in set(Reason)],
        "ghost_above_100_allowed": current_app.config["SETTINGS"].allow_ghost_above_100,
    }


def _columns(text: str) -> dict[str, str]:
    found = {}
    for line in text.split("\n"):
        if not line.strip():
            continue
        name, sign, what = line.rpartition("=")
        if not sign or not name.strip() or what.strip() not in set(Column):
            known = ", ".join(Column)
            told = gettext("“%(line)s”: write HEADING=FIELD; fields are %(known)s.", line=line.strip(), known=known)
            raise FieldsRefused({"columns": told})
        found[name.strip()] = what.strip()
    return found
