"""The rates of one table, by prefix; the search takes a whole number and shows the rates that could hold for it."""

from typing import Any

from flask import abort, g, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import Row, select

from admin_web.access import has_right, now, zone
from admin_web.lists import cells
from admin_web.lists.filters import TextFilter
from admin_web.lists.list_view import ConsoleList, ListState, Rows
from admin_web.words.tariff_words import tariff_words
from billing.rate_choice import has_hours
from billing.rate_times import text_of_days, text_of_hours
from billing.rights import Right
from models import Rate, RateTable
from services.rates.live_rates import live_rates
from services.rates.simulate_call import lookup_rate
from services.store.keyset import Order
from web_base.database import read_session
from web_base.formats import NOTHING
from web_base.texts import lazy_gettext

NUMBER_DIGITS_MAX = 20


def blocks(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401 (as Flask-Admin has it)
    """As the trade writes it: 60/6."""
    return f"{row.first_block_seconds}/{row.increment_seconds}"


def hours(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401
    """A dash where it holds always."""
    if not has_hours(row.days, row.from_minute, row.until_minute):
        return NOTHING
    return f"{text_of_days(row.days)} {text_of_hours(row.from_minute, row.until_minute)}"


class RateList(ConsoleList):
    right = Right.SEE_RATES
    heading = lazy_gettext("Rates")
    list_template = "console/rate_list.html"
    help_topic = "rates"
    empty_text = lazy_gettext("This table has no rates yet: add one, or import a carrier's list.")
    link_column = "prefix"
    search_label = lazy_gettext("Number dialled, or a prefix")
    right_aligned = frozenset({"price", "connect_fee", "blocks"})
    column_list = (
        "prefix",
        "destination_name",
        "price",
        "connect_fee",
        "blocks",
        "hours",
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
        "hours": lazy_gettext("Days and hours"),
        "valid_from": lazy_gettext("Valid from"),
        "valid_until": lazy_gettext("Valid until"),
        "blocked": lazy_gettext("Blocked"),
    }
    column_formatters = {  # noqa: RUF012
        "price": cells.exact_money,
        "connect_fee": cells.fee,
        "blocks": blocks,
        "hours": hours,
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
        return {"table": self._table(), "looked": self._looked(state.search) if state.search else None}

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str | None:
        return url_for("ratepage.edit", rate_id=row.id) if has_right(Right.MANAGE_RATES) else None

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
                Rate.days,
                Rate.from_minute,
                Rate.until_minute,
                Rate.valid_from,
                Rate.valid_until,
                Rate.is_blocked.label("blocked"),
                RateTable.currency,
            )
            .join(RateTable, RateTable.id == Rate.rate_table_id)
            .where(live_rates(self._table().id), Rate.valid_until.is_(None) | (Rate.valid_until > now()))
        )

    def search(self, query: Rows, text: str) -> Rows:
        digits = _digits(text)
        return query.where(Rate.prefix.in_([digits[:length] for length in range(1, len(digits) + 1)]))

    def _looked(self, text: str) -> dict[str, Any] | None:
        """The rate that applies to the number at this moment: which of several it is, only the rules of billing say."""
        digits, table = _digits(text), self._table()
        if not digits:
            return None
        rate = lookup_rate(read_session(), table.id, digits, now(), zone())
        terms = list(tariff_words(rate.tariff, table.currency)) if rate else []
        return {"number": digits, "rate": rate, "terms": terms}

    def _table(self) -> RateTable:
        table: RateTable | None = g.get("rate_table")
        if table is None:
            abort(404)
        return table


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isascii() and sign.isdigit())[:NUMBER_DIGITS_MAX]
