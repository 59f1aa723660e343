"""IVR plans: which card groups an access number accepts, and how their callers are asked (M-15)."""

from typing import Any

from flask import url_for
from sqlalchemy import Row, func, select

from admin_web.lists import cells
from admin_web.lists.list_view import ConsoleList, Rows
from billing.rights import Right
from models import AccessNumber, CardGroup, IvrPlan, IvrPlanGroup
from services.store.keyset import Order
from web_base.texts import lazy_gettext


def languages(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401 (as Flask-Admin has it)
    return ", ".join(row.languages)


class IvrPlanList(ConsoleList):
    right = Right.SEE_IVR
    is_of_all = True
    heading = lazy_gettext("IVR plans")
    list_template = "console/ivr_plan_list.html"
    help_topic = "cards"
    empty_text = lazy_gettext("No IVR plan yet: it says what the callers of an access number are asked.")
    empty_link = ("ivrplan.new", lazy_gettext("New IVR plan"))
    empty_right = Right.MANAGE_IVR
    search_label = lazy_gettext("Name, or how it begins")
    link_column = "name"
    column_list = ("name", "languages", "groups", "numbers", "pinless", "is_enabled")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "name": lazy_gettext("IVR plan"),
        "languages": lazy_gettext("Languages"),
        "groups": lazy_gettext("Card groups"),
        "numbers": lazy_gettext("Access numbers"),
        "pinless": lazy_gettext("Known phones need no PIN"),
        "is_enabled": lazy_gettext("In service"),
    }
    column_formatters = {  # noqa: RUF012
        "languages": languages,
        "groups": cells.text,
        "numbers": cells.text,
        "pinless": cells.flag,
        "is_enabled": cells.flag,
    }
    orders = {"name": Order((IvrPlan.name,))}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__(IvrPlan, name=lazy_gettext("IVR plans"), category="IVR", endpoint="ivrplans", url="/ivr")

    def query(self) -> Rows:
        groups = (
            select(func.aggregate_strings(CardGroup.name, ", "))
            .join(IvrPlanGroup, IvrPlanGroup.card_group_id == CardGroup.id)
            .where(IvrPlanGroup.ivr_plan_id == IvrPlan.id)
        )
        numbers = select(func.aggregate_strings(AccessNumber.number, ", ")).where(
            AccessNumber.ivr_plan_id == IvrPlan.id
        )
        return select(
            IvrPlan.id,
            IvrPlan.name,
            IvrPlan.languages,
            groups.scalar_subquery().label("groups"),
            numbers.scalar_subquery().label("numbers"),
            IvrPlan.pinless_enabled.label("pinless"),
            IvrPlan.is_enabled,
        )

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(func.lower(IvrPlan.name).startswith(text.lower(), autoescape=True))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("ivrplan.show", plan_id=row.id)
