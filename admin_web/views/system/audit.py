"""The audit log, newest first: who did what, from where, by which door, and what changed."""

import json
from typing import Any

from markupsafe import Markup

from admin_web.forms.amounts import shown_amount
from admin_web.forms.form import label
from admin_web.lists import cells
from admin_web.lists.filters import DayFilter, TextFilter
from admin_web.lists.list_view import ConsoleList, Rows
from billing.rights import Right
from models import AuditEntry
from services.audit.audit_report import audit_rows
from services.store.keyset import Order
from web_base.formats import spoken
from web_base.texts import gettext, lazy_gettext

CHANGE_CHARACTERS_MAX = 600
WORDY = ("status", "mode", "type", "strategy", "role", "starts", "extends_expiry", "ident_by", "side")  # words of ours


def changes(_view: Any, _context: Any, row: Any, _name: str) -> Markup:  # noqa: ANN401 (as Flask-Admin has it)
    """Only what differs, old value first."""
    before, after = row.before or {}, row.after or {}
    lines = [
        Markup("<dt>{}</dt><dd>{} → {}</dd>").format(
            label(name), _plain(name, before.get(name)), _plain(name, after.get(name))
        )
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
    return Markup("<dl class=facts>{}</dl>").format(Markup().join(lines)) if lines else Markup("—")


class AuditRows(ConsoleList):
    """Acts as rows; of all objects, or as a tab of one."""

    right = Right.SEE_AUDIT
    heading = lazy_gettext("Audit log")
    key = "number"
    help_topic = "operators"
    empty_text = lazy_gettext("Nothing was done yet.")
    search_label = lazy_gettext("Id of the object")
    column_list = ("happened_at", "object", "act", "actor", "door", "address", "changes", "reason")
    column_labels = {  # noqa: RUF012
        "happened_at": lazy_gettext("Date"),
        "object": lazy_gettext("Object"),
        "act": lazy_gettext("Action"),
        "actor": lazy_gettext("Who"),
        "door": lazy_gettext("By"),
        "address": lazy_gettext("From"),
        "changes": lazy_gettext("Changes"),
        "reason": lazy_gettext("Reason"),
    }
    column_formatters = {  # noqa: RUF012
        "happened_at": cells.moment,
        "object": lambda _view, _context, row, _name: f"{spoken(row.object_kind)} {row.object_id}",
        "act": cells.act,
        "door": cells.word,
        "changes": changes,
        "address": cells.text,
        "reason": cells.text,
    }
    orders = {"happened_at": Order((AuditEntry.happened_at, AuditEntry.number))}  # noqa: RUF012
    begins_descending = True

    def __init__(self, endpoint: str = "audit", url: str | None = None) -> None:
        self.filters = (
            DayFilter("from", lazy_gettext("From"), AuditEntry.happened_at),
            DayFilter("until", lazy_gettext("Until"), AuditEntry.happened_at, ends=True),
            TextFilter("actor", lazy_gettext("Who"), AuditEntry.actor),
            TextFilter("act", lazy_gettext("Action"), AuditEntry.act),
            TextFilter("object", lazy_gettext("Kind of object"), AuditEntry.object_kind),
            TextFilter("door", lazy_gettext("By"), AuditEntry.door, exact=True),
        )
        super().__init__(AuditEntry, name=lazy_gettext("Audit log"), category="System", endpoint=endpoint, url=url)

    def query(self) -> Rows:
        return audit_rows()

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(AuditEntry.object_id == text)


class AuditList(AuditRows):
    """All of them, in the menu."""


def _plain(name: str, value: object) -> str:
    """As forms and pages show it: amounts in units, yes and no, words."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if name.endswith("_micros") and isinstance(value, int):
        return shown_amount(value)
    if isinstance(value, str) and name.endswith(WORDY):
        return spoken(value)
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "—" if value is None else shown[:CHANGE_CHARACTERS_MAX]
