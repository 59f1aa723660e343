"""The list of series, as JeraSoft shows it: open on the active ones (JC-5 to JC-22)."""

from dataclasses import dataclass
from typing import Any

from flask import g, url_for
from markupsafe import Markup
from sqlalchemy import Row, func, select

from admin_web.access import get_signed, has_right, now
from admin_web.lists import cells
from admin_web.lists.choices import groups, rate_tables, resellers
from admin_web.lists.filters import ChoiceFilter, TextFilter, WordFilter
from admin_web.lists.list_view import ConsoleList, ListState, Rows
from admin_web.words.chart import Part, split_bar
from billing.rights import Right
from billing.states import CardStatus, SeriesStatus
from models import CardGroup, CardSeries, RateTable, Reseller
from services.operators.scope import series_scope
from services.series.shown_counts import SeriesCounts, shown_counts
from services.store.keyset import Order, Page
from web_base.database import read_session
from web_base.formats import NOTHING, ago, exact_money, spoken, whole
from web_base.texts import gettext, lazy_gettext


def number_and_name(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401 (as Flask-Admin has it)
    """JC-8: the code, and the name if there is one."""
    return f"{row.number} {row.name}" if row.name else str(row.number)


def rate_table(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401
    """JC-13: the name leads to the rates."""
    if not has_right(Right.SEE_RATES):
        return str(row.rate_table)
    address = url_for("ratelist.of_table", table_id=row.rate_table_id)
    return Markup('<a href="{}">{}</a>').format(address, row.rate_table)


def maintenance(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401
    """JC-15: "0.25 USD every 24 hours"."""
    if not row.maintenance_fee:
        return NOTHING
    amount = exact_money(row.maintenance_fee, row.currency)
    return gettext("%(amount)s every %(hours)s hours", amount=amount, hours=row.maintenance_every_hours)


BAR = (CardStatus.PENDING, CardStatus.ACTIVATED, CardStatus.USED)


@dataclass(frozen=True, slots=True)
class SeriesParts:
    """The bar of a series and its figures in words; no stretches: nobody counted its cards yet."""

    stretches: tuple[Part, ...] = ()
    told: str = ""


class SeriesList(ConsoleList):
    """JC-20 to JC-22: advanced search, and the filter Active that can be removed."""

    right = Right.SEE_CARDS
    heading = lazy_gettext("Series")
    list_template = "console/series_list.html"
    help_topic = "series"
    empty_text = lazy_gettext("No series was made yet: a series is a batch of cards with its terms.")
    empty_link = ("seriespage.generate", lazy_gettext("Generate your first series"))
    empty_right = Right.MAKE_CARDS
    search_label = lazy_gettext("Series number or name")
    link_column = "number"
    right_aligned = frozenset({"face_value", "quantity", "activation_fee", "maintenance_fee"})
    column_list = (
        "status",
        "number",
        "face_value",
        "quantity",
        "reseller",
        "rate_table",
        "activation_fee",
        "maintenance_fee",
    )
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "status": lazy_gettext("Status"),
        "number": lazy_gettext("Series"),
        "face_value": lazy_gettext("Balance"),
        "quantity": lazy_gettext("Qty"),
        "reseller": lazy_gettext("Reseller"),
        "rate_table": lazy_gettext("Rate table"),
        "activation_fee": lazy_gettext("Act. fee"),
        "maintenance_fee": lazy_gettext("Maint. fee"),
    }
    column_formatters = {  # noqa: RUF012
        "status": cells.status,
        "number": number_and_name,
        "face_value": cells.money,
        "quantity": cells.parted,
        "reseller": cells.text,
        "rate_table": rate_table,
        "activation_fee": cells.fee,
        "maintenance_fee": maintenance,
    }
    orders = {  # noqa: RUF012
        "number": Order((CardSeries.number,)),
        "quantity": Order((CardSeries.quantity, CardSeries.number)),
        "face_value": Order((CardSeries.face_value_micros, CardSeries.number)),
    }
    default_filters = {"status": SeriesStatus.ACTIVE.value}  # noqa: RUF012 (JC-21)

    def __init__(self) -> None:
        self.filters = (
            WordFilter("status", lazy_gettext("Status"), CardSeries.status, SeriesStatus),
            ChoiceFilter("reseller", lazy_gettext("Reseller"), CardSeries.reseller_id, resellers),
            ChoiceFilter("group", lazy_gettext("Card group"), CardSeries.card_group_id, groups),
            ChoiceFilter("rates", lazy_gettext("Rate table"), CardSeries.rate_table_id, rate_tables),
            TextFilter("name", lazy_gettext("Name begins with"), func.lower(CardSeries.name)),
        )
        super().__init__(CardSeries, name=lazy_gettext("Series"), category="Cards", endpoint="series")

    def query(self) -> Rows:
        return (
            select(
                CardSeries.id,
                CardSeries.status,
                CardSeries.number,
                CardSeries.name,
                CardSeries.face_value_micros.label("face_value"),
                CardSeries.quantity,
                Reseller.name.label("reseller"),
                RateTable.name.label("rate_table"),
                RateTable.id.label("rate_table_id"),
                CardSeries.activation_fee_micros.label("activation_fee"),
                CardSeries.maintenance_fee_micros.label("maintenance_fee"),
                CardSeries.maintenance_every_hours,
                CardGroup.currency,
            )
            .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
            .join(RateTable, RateTable.id == CardSeries.rate_table_id)
            .outerjoin(Reseller, Reseller.id == CardSeries.reseller_id)
            .where(series_scope(get_signed().operator))
        )

    def page(self, state: ListState) -> Page:
        """The counts of its rows are asked for once. A distributor's share of a series is counted on its page only."""
        page = super().page(state)
        of_all = get_signed().operator.distributor_id is None
        series = [(row.id, row.quantity) for row in page.rows] if of_all else []
        g.series_counts = shown_counts(read_session(), series)
        return page

    def parts(self, row: Row[*tuple[Any, ...]]) -> SeriesParts:
        """Pending, activated, used, and the others as one."""
        counts: SeriesCounts | None = g.series_counts.get(row.id)
        if counts is None:
            return SeriesParts()
        shown = {status.value: counts.by_status[status] for status in BAR}
        stretches = split_bar([*shown.items(), ("other", sum(counts.by_status.values()) - sum(shown.values()))])
        told = ", ".join(f"{spoken(word)} {whole(count)}" for word, count in counts.by_status.items() if count)
        if counts.counted_at is None:
            return SeriesParts(stretches, told)
        told = gettext("%(counts)s; counted %(ago)s", counts=told, ago=ago(counts.counted_at, now()))
        return SeriesParts(stretches, told)

    def search(self, query: Rows, text: str) -> Rows:
        if text.isascii() and text.isdigit():
            return query.where(CardSeries.number == int(text[:9]))
        return query.where(func.lower(CardSeries.name).startswith(text.lower(), autoescape=True))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("seriespage.cards", number=row.number)
