"""Bound phones: which phone calls with which card without a PIN (V-18, V-19)."""

from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy import Row

from admin_web.access import get_signed
from admin_web.lists import cells
from admin_web.lists.filters import DayFilter, begins_with
from admin_web.lists.list_view import ConsoleList, ListState, Rows
from billing.rights import Right
from models import CallerIdBinding
from services.cards.card_rows import phone_rows
from services.operators.scope import sees_all_cards
from services.store.keyset import Order
from web_base.database import read_session
from web_base.formats import dashed
from web_base.texts import lazy_gettext


def card_link(_view: Any, _context: Any, row: Any, _name: str) -> Markup:  # noqa: ANN401 (as Flask-Admin has it)
    number = dashed(row.number)
    return Markup('<a href="{}">{}</a>').format(url_for("cardpage.show", number=number), number)


class PhoneList(ConsoleList):
    right = Right.SEE_CARDS
    heading = lazy_gettext("Phones")
    key = "caller_id"
    help_topic = "cards"
    empty_text = lazy_gettext(
        "No phone is bound. A phone is bound by a call with the right PIN, where IVR plan and card group allow it."
    )
    search_label = lazy_gettext("Phone, or how it begins")
    link_column = "caller_id"
    column_list = ("caller_id", "number", "group", "bound_at")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "caller_id": lazy_gettext("Phone"),
        "number": lazy_gettext("Card"),
        "group": lazy_gettext("Group"),
        "bound_at": lazy_gettext("Bound"),
    }
    column_formatters = {"number": card_link, "bound_at": cells.moment}  # noqa: RUF012
    orders = {"caller_id": Order((CallerIdBinding.caller_id,))}  # noqa: RUF012

    def __init__(self) -> None:
        self.filters = (
            DayFilter("from", lazy_gettext("Bound from"), CallerIdBinding.bound_at),
            DayFilter("until", lazy_gettext("Bound until"), CallerIdBinding.bound_at, ends=True),
        )
        super().__init__(CallerIdBinding, name=lazy_gettext("Phones"), category="Cards", endpoint="phones")

    def query(self) -> Rows:
        return phone_rows(read_session(), get_signed().operator)

    def counted(self, state: ListState) -> Rows:
        return self.narrowed(phone_rows(read_session(), get_signed().operator, is_count=True), state)

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(CallerIdBinding.caller_id, text.lstrip("+").replace(" ", "")))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        if sees_all_cards(get_signed().operator):
            return url_for("phonepage.show", phone=row.caller_id)
        return url_for("cardpage.show", number=row.number)
