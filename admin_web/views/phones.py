"""Bound phones: which phone calls with which card without a PIN (V-18, V-19)."""

from typing import Any

from flask import url_for
from sqlalchemy import Row, select

from admin_web import cells
from admin_web.access import get_signed
from admin_web.filters import DayFilter, begins_with
from admin_web.list_view import ConsoleList, Rows
from admin_web.texts import lazy_gettext
from billing.rights import Right
from models import CallerIdBinding, Card, CardGroup, CardSeries
from services.operators.scope import card_scope
from services.store.keyset import Order


class PhoneList(ConsoleList):
    right = Right.SEE_CARDS
    heading = lazy_gettext("Phones")
    key = "caller_id"
    empty_text = lazy_gettext(
        "No phone is bound. A phone is bound by a call with the right PIN, where IVR plan and card group allow it."
    )
    search_label = lazy_gettext("Phone, or how it begins")
    link_column = "number"
    column_list = ("caller_id", "number", "group", "bound_at")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "caller_id": lazy_gettext("Phone"),
        "number": lazy_gettext("Card"),
        "group": lazy_gettext("Group"),
        "bound_at": lazy_gettext("Bound"),
    }
    column_formatters = {"number": cells.card_number, "bound_at": cells.moment}  # noqa: RUF012
    orders = {"caller_id": Order((CallerIdBinding.caller_id,))}  # noqa: RUF012

    def __init__(self) -> None:
        self.filters = (
            DayFilter("from", lazy_gettext("Bound from"), CallerIdBinding.bound_at),
            DayFilter("until", lazy_gettext("Bound until"), CallerIdBinding.bound_at, ends=True),
        )
        super().__init__(CallerIdBinding, name=lazy_gettext("Phones"), category="Cards", endpoint="phones")

    def query(self) -> Rows:
        return (
            select(CallerIdBinding.caller_id, Card.number, CardGroup.name.label("group"), CallerIdBinding.bound_at)
            .join(Card, Card.id == CallerIdBinding.card_id)
            .join(CardSeries, CardSeries.id == Card.series_id)
            .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
            .where(card_scope(get_signed().operator))
        )

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(CallerIdBinding.caller_id, text.lstrip("+").replace(" ", "")))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("cardpage.show", number=row.number)
