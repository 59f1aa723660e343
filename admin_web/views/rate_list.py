"""The rates of one table, by prefix; the search takes a whole number and shows the rates that could hold for it."""

from typing import Any

from flask import abort, g
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select

from admin_web import cells
from admin_web.access import now
from admin_web.database import read_session
from admin_web.filters import TextFilter
from admin_web.list_view import ConsoleList, ListState, Rows
from admin_web.texts import lazy_gettext
from billing.rights import Right
from models import Rate, RateTable
from services.store.keyset import Order


def blocks(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401 (as Flask-Admin has it)
    """As the trade writes it: 60/6."""
    return f"{row.first_block_seconds}/{row.increment_seconds}"


class RateList(ConsoleList):
    right = Right.SEE_RATES
    heading = lazy_gettext("Rates")
    list_template = "console/rate_list.html"
    empty_text = lazy_gettext("This table has no rates yet. Import some: callingcard rates import FILE --table NAME")
    search_label = lazy_gettext("Number dialled, or a prefix")
    right_aligned = frozenset({"price", "connect_fee", "blocks"})
    column_list = (
        "prefix",
        "destination_name",
        "price",
        "connect_fee",
        "blocks",
        "valid_from",
        "valid_until",
        "blocked",
    )
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "prefix": lazy_gettext("Prefix"),
        "destination_name": lazy_gettext("Destination"),
        "price": lazy_gettext("A minute"),
        "connect_fee": lazy_gettext("Connection"),
        "blocks": lazy_gettext("First/next seconds"),
        "valid_from": lazy_gettext("Valid from"),
        "valid_until": lazy_gettext("Valid until"),
        "blocked": lazy_gettext("Blocked"),
    }
    column_formatters = {  # noqa: RUF012
        "price": cells.exact_money,
        "connect_fee": cells.fee,
        "blocks": blocks,
        "valid_from": cells.moment,
        "valid_until": cells.moment,
        "blocked": cells.flag,
    }
    orders = {"prefix": Order((Rate.prefix, Rate.id))}  # noqa: RUF012

    def __init__(self) -> None:
        self.filters = (TextFilter("destination", lazy_gettext("Destination begins with"), Rate.destination_name),)
        super().__init__(Rate, name="Rates", endpoint="ratelist", url="/rates")

    def is_visible(self) -> bool:
        return False

    @expose("/<int:table_id>/")
    def of_table(self, table_id: int) -> ResponseReturnValue:
        table = read_session().get(RateTable, table_id)
        if table is None:
            abort(404)
        g.rate_table = table
        return self.show_list()

    def base_address(self, **arguments: Any) -> str:  # noqa: ANN401 (url_for's)
        return self.get_url(".of_table", table_id=self._table().id, **arguments)

    def page_values(self, state: ListState) -> dict[str, Any]:
        del state
        return {"table": self._table()}

    def query(self) -> Rows:
        """What holds now or later; what has ended stands in the export."""
        return (
            select(
                Rate.id,
                Rate.prefix,
                Rate.destination_name,
                Rate.price_per_minute_micros.label("price"),
                Rate.connect_fee_micros.label("connect_fee"),
                Rate.first_block_seconds,
                Rate.increment_seconds,
                Rate.valid_from,
                Rate.valid_until,
                Rate.is_blocked.label("blocked"),
                RateTable.currency,
            )
            .join(RateTable, RateTable.id == Rate.rate_table_id)
            .where(Rate.rate_table_id == self._table().id, Rate.valid_until.is_(None) | (Rate.valid_until > now()))
        )

    def search(self, query: Rows, text: str) -> Rows:
        digits = "".join(sign for sign in text if sign.isascii() and sign.isdigit())[:20]
        return query.where(Rate.prefix.in_([digits[:length] for length in range(1, len(digits) + 1)]))

    def _table(self) -> RateTable:
        table: RateTable | None = g.get("rate_table")
        if table is None:
            abort(404)
        return table
