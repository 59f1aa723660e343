"""Rate tables: sell and buy lists are the same thing."""

from typing import Any

from flask import url_for
from sqlalchemy import Row, func, select

from admin_web.lists import cells
from admin_web.lists.filters import TextFilter
from admin_web.lists.list_view import ConsoleList, Rows
from billing.rights import Right
from models import RateTable
from services.store.keyset import Order
from web_base.texts import lazy_gettext


class RateTableList(ConsoleList):
    right = Right.SEE_RATES
    heading = lazy_gettext("Rate tables")
    help_topic = "rates"
    empty_text = lazy_gettext("There is no rate table yet: it holds what calls cost, sold or bought.")
    search_label = lazy_gettext("Name, or how it begins")
    list_template = "console/rate_table_list.html"
    link_column = "name"
    empty_link = ("ratetable.new", lazy_gettext("New rate table"))
    empty_right = Right.MANAGE_RATES
    column_list = ("name", "currency", "notes")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "name": lazy_gettext("Rate table"),
        "currency": lazy_gettext("Currency"),
        "notes": lazy_gettext("Notes"),
    }
    column_formatters = {"notes": cells.text}  # noqa: RUF012
    orders = {"name": Order((RateTable.name,))}  # noqa: RUF012

    def __init__(self) -> None:
        self.filters = (TextFilter("currency", lazy_gettext("Currency"), RateTable.currency, exact=True),)
        super().__init__(
            RateTable, name=lazy_gettext("Rate tables"), category="Rates & routes", endpoint="ratetables", url="/rates"
        )

    def query(self) -> Rows:
        table = select(RateTable.id, RateTable.name, RateTable.currency, RateTable.notes)
        return table.where(~RateTable.is_deleted)

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(func.lower(RateTable.name).startswith(text.lower(), autoescape=True))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("ratelist.of_table", table_id=row.id)
