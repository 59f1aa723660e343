"""Imports of rates, the newest first: who brought which file into which table, and what became of it."""

from typing import Any

from flask import url_for
from sqlalchemy import Row, select

from admin_web.lists import cells
from admin_web.lists.choices import rate_tables
from admin_web.lists.filters import ChoiceFilter, WordFilter, begins_with
from admin_web.lists.list_view import ConsoleList, Rows
from billing.rights import Right
from models import ImportState, RateImport, RateTable
from services.store.keyset import Order
from web_base.texts import gettext, lazy_gettext


def changes(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401 (as Flask-Admin has it)
    told = (("new", gettext("new")), ("changed", gettext("changed")), ("ended", gettext("ended")))
    return ", ".join(f"{row.counts[name]} {word}" for name, word in told if row.counts.get(name)) or "—"


class ImportList(ConsoleList):
    right = Right.SEE_RATES
    is_of_all = True
    heading = lazy_gettext("Imports of rates")
    list_template = "console/import_list.html"
    help_topic = "rate_import"
    empty_text = lazy_gettext("No list was imported yet: a file is read, shown beside the table, and applied by you.")
    empty_link = ("rateimport.new", lazy_gettext("Import a file"))
    empty_right = Right.MANAGE_RATES
    search_label = lazy_gettext("File, or how its name begins")
    link_column = "file"
    column_list = ("state", "file", "table", "changes", "applies_at", "made_by", "made_at", "applied_at")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "state": lazy_gettext("State"),
        "file": lazy_gettext("File"),
        "table": lazy_gettext("Rate table"),
        "changes": lazy_gettext("Changes"),
        "applies_at": lazy_gettext("Holds from"),
        "made_by": lazy_gettext("Who"),
        "made_at": lazy_gettext("Read"),
        "applied_at": lazy_gettext("Applied"),
    }
    column_formatters = {  # noqa: RUF012
        "state": cells.status,
        "changes": changes,
        "applies_at": cells.moment,
        "made_at": cells.moment,
        "applied_at": cells.moment,
    }
    orders = {"made_at": Order((RateImport.id,))}  # noqa: RUF012
    begins_descending = True

    def __init__(self) -> None:
        self.filters = (
            WordFilter("state", lazy_gettext("State"), RateImport.state, ImportState),
            ChoiceFilter("table", lazy_gettext("Rate table"), RateImport.rate_table_id, rate_tables),
        )
        super().__init__(RateImport, name=lazy_gettext("Import"), category="Rates & routes", endpoint="imports")

    def query(self) -> Rows:
        return select(
            RateImport.id,
            RateImport.state,
            RateImport.file_name.label("file"),
            RateTable.name.label("table"),
            RateImport.counts,
            RateImport.applies_at,
            RateImport.made_by,
            RateImport.made_at,
            RateImport.applied_at,
        ).join(RateTable, RateTable.id == RateImport.rate_table_id)

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(RateImport.file_name, text))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("rateimport.show", import_id=row.id)
