"""Operators and their roles."""

from typing import Any

from flask import url_for
from sqlalchemy import Row, func, select

from admin_web.lists import cells
from admin_web.lists.filters import WordFilter, begins_with
from admin_web.lists.list_view import ConsoleList, Rows
from billing.rights import Right, Role
from models import Distributor, Operator, Reseller
from services.operators.operator_facts import HAS_SECOND_FACTOR
from services.store.keyset import Order
from web_base.texts import lazy_gettext


class OperatorList(ConsoleList):
    right = Right.MANAGE_OPERATORS
    heading = lazy_gettext("Operators and roles")
    list_template = "console/operator_list.html"
    help_topic = "operators"
    empty_text = lazy_gettext("There are no operators.")
    search_label = lazy_gettext("Name, or how it begins")
    link_column = "name"
    column_list = ("name", "role", "whose", "is_enabled", "second_factor", "signed_in_at")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "name": lazy_gettext("Operator"),
        "role": lazy_gettext("Role"),
        "whose": lazy_gettext("Works on the cards of"),
        "is_enabled": lazy_gettext("May sign in"),
        "second_factor": lazy_gettext("Second factor"),
        "signed_in_at": lazy_gettext("Signed in"),
    }
    column_formatters = {  # noqa: RUF012
        "role": cells.word,
        "whose": cells.text,
        "is_enabled": cells.flag,
        "second_factor": cells.flag,
        "signed_in_at": cells.moment,
    }
    orders = {"name": Order((Operator.name_key,))}  # noqa: RUF012

    def __init__(self) -> None:
        self.filters = (WordFilter("role", lazy_gettext("Role"), Operator.role, Role),)
        super().__init__(Operator, name=lazy_gettext("Operators & roles"), category="System", endpoint="operators")

    def query(self) -> Rows:
        return (
            select(
                Operator.id,
                Operator.name,
                Operator.role,
                func.coalesce(Reseller.name, Distributor.name).label("whose"),
                Operator.is_enabled,
                HAS_SECOND_FACTOR.label("second_factor"),
                Operator.signed_in_at,
            )
            .outerjoin(Reseller, Reseller.id == Operator.reseller_id)
            .outerjoin(Distributor, Distributor.id == Operator.distributor_id)
        )

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(Operator.name_key, text.casefold()))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("operatorpage.show", operator_id=row.id)
