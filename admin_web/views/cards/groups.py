"""Card groups: the products."""

from typing import Any

from flask import url_for
from sqlalchemy import Row, func

from admin_web.lists import cells
from admin_web.lists.filters import WordFilter
from admin_web.lists.list_view import ConsoleList, Rows
from billing.rights import Right
from billing.states import CardType
from models import CardGroup
from services.products.group_report import group_rows
from services.store.keyset import Order
from web_base.texts import lazy_gettext


class GroupList(ConsoleList):
    right = Right.SEE_CARDS
    is_of_all = True
    list_template = "console/group_list.html"
    link_column = "name"
    heading = lazy_gettext("Card groups")
    help_topic = "cards"
    empty_text = lazy_gettext("No card group was made yet: a group is a product and what its callers hear.")
    search_label = lazy_gettext("Name, or how it begins")
    right_aligned = frozenset({"series", "calls_max", "number_length"})
    column_list = ("name", "currency", "card_type", "pin_entry_mode", "number_length", "calls_max", "pinless", "series")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "name": lazy_gettext("Group"),
        "currency": lazy_gettext("Currency"),
        "card_type": lazy_gettext("Type"),
        "pin_entry_mode": lazy_gettext("Asks for"),
        "number_length": lazy_gettext("Digits"),
        "calls_max": lazy_gettext("Calls at once"),
        "pinless": lazy_gettext("PINless"),
        "series": lazy_gettext("Series"),
    }
    column_formatters = {  # noqa: RUF012
        "card_type": cells.word,
        "pin_entry_mode": cells.word,
        "pinless": cells.flag,
        "series": cells.whole,
    }
    orders = {"name": Order((CardGroup.name,))}  # noqa: RUF012

    def __init__(self) -> None:
        self.filters = (WordFilter("type", lazy_gettext("Type"), CardGroup.card_type, CardType),)
        super().__init__(CardGroup, name=lazy_gettext("Groups"), category="Cards", endpoint="groups")

    def query(self) -> Rows:
        return group_rows()

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(func.lower(CardGroup.name).startswith(text.lower(), autoescape=True))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("grouppage.show", group_id=row.id)
