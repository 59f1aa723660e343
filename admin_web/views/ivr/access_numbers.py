"""Access numbers: what callers dial, and where each leads (M-16)."""

from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy import Row, select

from admin_web.access import has_right
from admin_web.forms.amounts import shown_amount
from admin_web.lists import cells
from admin_web.lists.filters import begins_with
from admin_web.lists.list_view import ConsoleList, Rows
from billing.rights import Right
from models import AccessNumber, IvrPlan
from services.store.keyset import Order
from web_base.formats import NOTHING
from web_base.texts import lazy_gettext


def plan(_view: Any, _context: Any, row: Any, _name: str) -> Markup:  # noqa: ANN401 (as Flask-Admin has it)
    return Markup('<a href="{}">{}</a>').format(url_for("ivrplan.show", plan_id=row.plan_id), row.plan)


def surcharge(_view: Any, _context: Any, row: Any, name: str) -> str:  # noqa: ANN401
    """In the currency of whichever card calls."""
    micros = getattr(row, name)
    return shown_amount(micros) if micros else NOTHING


class AccessNumberList(ConsoleList):
    right = Right.SEE_IVR
    is_of_all = True
    list_template = "console/access_number_list.html"
    link_column = "number"
    empty_link = ("accessnumber.new", lazy_gettext("New access number"))
    empty_right = Right.MANAGE_IVR
    right_aligned = frozenset({"surcharge", "surcharge_per_minute"})
    heading = lazy_gettext("Access numbers")
    help_topic = "cards"
    empty_text = lazy_gettext("There is no access number yet: it is what callers dial.")
    search_label = lazy_gettext("Number, or how it begins")
    column_list = ("number", "plan", "language", "surcharge", "surcharge_per_minute", "pinless", "is_enabled")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "number": lazy_gettext("Access number"),
        "plan": lazy_gettext("IVR plan"),
        "language": lazy_gettext("Language"),
        "surcharge": lazy_gettext("Surcharge a call"),
        "surcharge_per_minute": lazy_gettext("a minute"),
        "pinless": lazy_gettext("Known phones need no PIN"),
        "is_enabled": lazy_gettext("In service"),
    }
    column_formatters = {  # noqa: RUF012
        "plan": plan,
        "language": cells.text,
        "surcharge": surcharge,
        "surcharge_per_minute": surcharge,
        "pinless": cells.flag,
        "is_enabled": cells.flag,
    }
    orders = {"number": Order((AccessNumber.number,))}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__(AccessNumber, name=lazy_gettext("Access numbers"), category="IVR", endpoint="accessnumbers")

    def query(self) -> Rows:
        return select(
            AccessNumber.id,
            AccessNumber.number,
            IvrPlan.name.label("plan"),
            IvrPlan.id.label("plan_id"),
            AccessNumber.language,
            AccessNumber.surcharge_micros.label("surcharge"),
            AccessNumber.surcharge_per_minute_micros.label("surcharge_per_minute"),
            IvrPlan.pinless_enabled.label("pinless"),
            AccessNumber.is_enabled,
        ).join(IvrPlan, IvrPlan.id == AccessNumber.ivr_plan_id)

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(AccessNumber.number, text.lstrip("+")))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str | None:
        return url_for("accessnumber.edit", number=row.number) if has_right(Right.MANAGE_IVR) else None
