"""Past calls, newest first: filtered by period, card, destination, carrier and outcome."""

from typing import Any

from flask import abort, url_for
from flask_admin import expose
from flask_admin.model.filters import BaseFilter
from markupsafe import Markup
from sqlalchemy import Row, select

from admin_web.access import get_signed
from admin_web.lists import cells
from admin_web.lists.filters import DayFilter, TextFilter, WordFilter, begins_with
from admin_web.lists.list_view import ConsoleList, ListState, Rows
from billing.rights import Right
from billing.states import CallDisposition
from models import Account, CallRecord, Card
from services.calls.call_report import CallFilter, calls
from services.calls.call_rows import call_rows, call_with_entries, sees_call
from services.store.keyset import Order
from web_base.database import read_session
from web_base.formats import NOTHING
from web_base.texts import gettext, lazy_gettext

ENDPOINT_CHARACTERS_MAX = 40


class CarrierFilter(BaseFilter):
    """The name of a carrier, or how it begins: looked up first, since an index knows calls by their carrier's id."""

    def __init__(self) -> None:
        super().__init__(lazy_gettext("Carrier"), key_name="carrier")

    def clean(self, value: str) -> str:
        return value.strip()[:ENDPOINT_CHARACTERS_MAX]

    def apply(self, query: Rows, value: Any, alias: Any = None) -> Rows:  # noqa: ANN401 (as BaseFilter has it)
        del alias
        ids = read_session().scalars(select(Account.id).where(begins_with(Account.endpoint, value))).all()
        if len(ids) == 1:
            return query.where(CallRecord.carrier_account_id == ids[0])
        return query.where(CallRecord.carrier_account_id.in_(ids))


class TestFilter(BaseFilter):
    """Calls that operators tried, or those of customers only."""

    __test__ = False  # no class of pytest's

    def __init__(self) -> None:
        options = [("only", lazy_gettext("tests only")), ("none", lazy_gettext("customers' calls only"))]
        super().__init__(lazy_gettext("Tests"), options=options, key_name="tests")

    def clean(self, value: str) -> bool:
        if value not in {"only", "none"}:
            raise ValueError(value)
        return value == "only"

    def apply(self, query: Rows, value: Any, alias: Any = None) -> Rows:  # noqa: ANN401
        del alias
        return query.where(CallRecord.is_test if value else CallRecord.is_test.is_(False))


def tried_chip(_view: Any, _context: Any, row: Any, _name: str) -> Markup | str:  # noqa: ANN401 (as Flask-Admin has it)
    """An operator tried it: it counts in no report."""
    return Markup('<span class="badge">{}</span>').format(gettext("test")) if row.is_test else NOTHING


class CallRows(ConsoleList):
    """Calls as rows; of all cards, or as a tab of one card or one series."""

    right = Right.SEE_CALLS
    heading = lazy_gettext("Calls")
    help_topic = "reports"
    empty_text = lazy_gettext("No call was made yet. Dial an access number, or try: callingcard dial")
    empty_link = None
    key = "call_id"
    search_label = lazy_gettext("Destination, or how it begins")
    link_column = "placed_at"
    right_aligned = frozenset({"talk_seconds", "cost", "buy_cost"})
    column_list = (
        "placed_at",
        "disposition",
        "card",
        "caller_id",
        "destination",
        "destination_name",
        "carrier",
        "talk_seconds",
        "cost",
        "buy_cost",
        "is_test",
    )
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "placed_at": lazy_gettext("Placed"),
        "disposition": lazy_gettext("Outcome"),
        "is_test": lazy_gettext("Test"),
        "card": lazy_gettext("Card"),
        "caller_id": lazy_gettext("From"),
        "destination": lazy_gettext("To"),
        "destination_name": lazy_gettext("Destination"),
        "carrier": lazy_gettext("Carrier"),
        "talk_seconds": lazy_gettext("Talked"),
        "cost": lazy_gettext("Charged"),
        "buy_cost": lazy_gettext("Cost"),
    }
    column_formatters = {  # noqa: RUF012
        "placed_at": cells.moment,
        "disposition": cells.status,
        "is_test": tried_chip,
        "card": cells.card_number,
        "caller_id": cells.text,
        "carrier": cells.text,
        "talk_seconds": cells.duration,
        "cost": cells.fee,
        "buy_cost": cells.fee,
    }
    orders = {"placed_at": Order((CallRecord.placed_at, CallRecord.call_id))}  # noqa: RUF012
    begins_descending = True

    def __init__(self, endpoint: str = "calls", url: str | None = None) -> None:
        self.filters = (
            DayFilter("from", lazy_gettext("From"), CallRecord.placed_at),
            DayFilter("until", lazy_gettext("Until"), CallRecord.placed_at, ends=True),
            WordFilter("outcome", lazy_gettext("Outcome"), CallRecord.disposition, CallDisposition),
            TextFilter("card", lazy_gettext("Card number"), Card.number),
            CarrierFilter(),
            TestFilter(),
            TextFilter("access", lazy_gettext("Access number"), CallRecord.access_number, exact=True),
        )
        super().__init__(CallRecord, name=lazy_gettext("Calls"), category="Operate", endpoint=endpoint, url=url)

    def query(self, *, is_count: bool = False) -> Rows:
        return call_rows(read_session(), get_signed().operator, is_count=is_count)

    def counted(self, state: ListState) -> Rows | int:
        return self.narrowed(self.query(is_count="card" not in state.filters), state)

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(CallRecord.destination, text.lstrip("+")))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("calls.show", call_id=row.call_id)


class CallList(CallRows):
    """All of them, in the menu."""

    @expose("/<call_id>")
    def show(self, call_id: str) -> str:
        """The trace of one call: what was heard and pressed, how it was routed, rated and booked."""
        session = read_session()
        if not sees_call(session, get_signed().operator, call_id):
            abort(404)
        (call,) = calls(session, CallFilter(call_id=call_id))
        record, entries = call_with_entries(session, call_id)
        return self.render("console/call.html", call=call, record=record, entries=entries)
