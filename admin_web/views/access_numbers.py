"""Access numbers: what callers dial, and where each leads (M-16)."""

from sqlalchemy import select

from admin_web import cells
from admin_web.filters import begins_with
from admin_web.list_view import ConsoleList, Rows
from admin_web.texts import lazy_gettext
from billing.rights import Right
from models import AccessNumber, IvrPlan
from services.store.keyset import Order


class AccessNumberList(ConsoleList):
    right = Right.SEE_IVR
    heading = lazy_gettext("Access numbers")
    empty_text = lazy_gettext("There is no access number yet. Add one: callingcard plan number")
    search_label = lazy_gettext("Number, or how it begins")
    column_list = ("number", "plan", "language", "pinless", "is_enabled")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "number": lazy_gettext("Access number"),
        "plan": lazy_gettext("IVR plan"),
        "language": lazy_gettext("Language"),
        "pinless": lazy_gettext("Known phones need no PIN"),
        "is_enabled": lazy_gettext("In service"),
    }
    column_formatters = {"language": cells.text, "pinless": cells.flag, "is_enabled": cells.flag}  # noqa: RUF012
    orders = {"number": Order((AccessNumber.number,))}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__(AccessNumber, name=lazy_gettext("Access numbers"), category="IVR", endpoint="accessnumbers")

    def query(self) -> Rows:
        return select(
            AccessNumber.id,
            AccessNumber.number,
            IvrPlan.name.label("plan"),
            AccessNumber.language,
            IvrPlan.pinless_enabled.label("pinless"),
            AccessNumber.is_enabled,
        ).join(IvrPlan, IvrPlan.id == AccessNumber.ivr_plan_id)

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(AccessNumber.number, text.lstrip("+")))
