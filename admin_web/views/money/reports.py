"""Reports of calls with their picture: by day, destination, carrier, series, access number, client (V-26)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin_web.access import now, zone
from admin_web.lists.rows_file import ask_worker, write_rows
from admin_web.page import ConsolePage
from admin_web.words.chart import Chart, bar_chart
from admin_web.words.report_sheets import REPORTS
from billing.money import MICROS_PER_UNIT
from billing.rights import Right
from services.reports.bounded import bounded
from services.reports.days import day_of
from services.reports.report_calls import report_calls
from services.reports.report_row import ReportRow
from services.reports.report_terms import By, ReportRefused, ReportTerms
from services.store.sheet_writer import Cell, SheetForm
from web_base.database import read_session
from web_base.formats import exact_money, spoken
from web_base.texts import gettext, lazy_gettext, translated

DAYS_DEFAULT = 30
ROWS_SHOWN_MAX = 500
BARS_MAX = 31
TITLES = (
    "Currency",
    "Calls",
    "Answered",
    "Talked_seconds",
    "Billed_seconds",
    "Revenue",
    "Tax",
    "Cost",
    "Margin",
    "Announced_seconds",
    "Granted_seconds",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for, and why it cannot be had."""

    by: By
    first: date
    last: date
    problem: str | None = None


class ReportPage(ConsolePage):
    """Its filters stand in the address, so that a link keeps them."""

    right = Right.SEE_MONEY
    is_of_all = True
    gives_files = True

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Reports"), category="Money", endpoint="reports", url="/reports")

    @expose("/")
    def index(self) -> ResponseReturnValue:
        wanted = self._wanted()
        rows, wanted = self._rows(wanted)
        page = self.render(
            "console/report.html",
            wanted=wanted,
            ways=[(by.value, spoken(by.value)) for by in By],
            rows=rows[:ROWS_SHOWN_MAX],
            more=max(0, len(rows) - ROWS_SHOWN_MAX),
            charts=charts(rows, wanted.by),
            reports=REPORTS.values(),
            files=[(form.value, url_for(".file", form=form.value, **self._arguments(wanted))) for form in SheetForm],
        )
        return (page, 400) if wanted.problem else page

    @expose("/file/<form>")
    def file(self, form: str) -> ResponseReturnValue:
        """The rows as they are shown, all of them."""
        rows, wanted = self._rows(self._wanted())
        kind = SheetForm.XLSX if form == SheetForm.XLSX.value else SheetForm.CSV
        if wanted.problem:
            abort(400, wanted.problem)
        if (asked := ask_worker(self, len(rows), kind, url_for(".index", **self._arguments(wanted)))) is not None:
            return asked
        name = f"calls-by-{wanted.by.value}-{wanted.first}-{wanted.last}.{kind.value}"
        titles = (wanted.by.value.capitalize(), *TITLES)
        return write_rows(name, kind, titles, (_cells(row, wanted.by) for row in rows), len(rows))

    def _rows(self, wanted: Wanted) -> tuple[list[ReportRow], Wanted]:
        if wanted.problem:
            return [], wanted
        terms, session = ReportTerms((wanted.by,), wanted.first, wanted.last), read_session()
        try:
            with bounded(session):
                return report_calls(session, terms, zone()), wanted
        except ReportRefused as refused:
            return [], Wanted(wanted.by, wanted.first, wanted.last, translated(refused))

    def _wanted(self) -> Wanted:
        today = day_of(now(), zone())
        by = request.args.get("by", By.DAY.value)
        try:
            return Wanted(
                By(by),
                date.fromisoformat(request.args.get("from") or str(today - timedelta(days=DAYS_DEFAULT - 1))),
                date.fromisoformat(request.args.get("until") or str(today)),
            )
        except ValueError:
            problem = gettext("This report cannot be read from the address: choose by what, and two days.")
            return Wanted(By.DAY, today, today, problem)

    def _arguments(self, wanted: Wanted) -> dict[str, Any]:
        return {"by": wanted.by.value, "from": wanted.first.isoformat(), "until": wanted.last.isoformat()}


def charts(rows: Sequence[ReportRow], by: By) -> list[tuple[str, Chart]]:
    """One for each currency: revenue, and within it what is left after tax and carriers."""
    drawn = []
    for currency in sorted({row.currency for row in rows}):
        mine = [row for row in rows if row.currency == currency]
        shown = mine[-BARS_MAX:] if by is By.DAY else mine[:BARS_MAX]
        chart = bar_chart([_bar(row, by) for row in shown])
        if chart is not None:
            drawn.append((currency, chart))
    return drawn


def _bar(row: ReportRow, by: By) -> tuple[str, int, int, str]:
    name = row.of[by] or "—"
    revenue_micros = row.figures["cost_micros"]
    told = f"{name}: {exact_money(revenue_micros, row.currency)}, {exact_money(row.margin_micros, row.currency)}"
    return name[5:] if by is By.DAY else name, revenue_micros, row.margin_micros, told


def _cells(row: ReportRow, by: By) -> list[Cell]:
    figures = row.figures
    amounts = (figures["cost_micros"], figures["tax_micros"], figures["buy_cost_micros"], row.margin_micros)
    return [
        row.of[by],
        row.currency,
        figures["calls"],
        figures["answered"],
        figures["talk_seconds"],
        figures["billed_seconds"],
        *(Decimal(amount) / MICROS_PER_UNIT for amount in amounts),
        figures["announced_seconds"],
        figures["granted_seconds"],
    ]
