"""Reports of cards, of announced time and of wrong entries: a picture, a table, CSV and XLSX, by an address that keeps
its days.
"""

from datetime import date, timedelta
from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin_web.access import now, zone
from admin_web.lists.rows_file import ask_worker, write_rows
from admin_web.page import ThingPage
from admin_web.words.report_sheets import REPORTS, Report, Sheet
from billing.rights import Right
from services.reports.bounded import bounded
from services.reports.days import day_of
from services.reports.report_terms import ReportRefused
from services.store.sheet_writer import SheetForm
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext, translated

DAYS_DEFAULT = 30
ROWS_SHOWN_MAX = 500
Days = tuple[date, date]


class CardReports(ThingPage):
    right = Right.SEE_MONEY
    is_of_all = True
    gives_files = True
    list_endpoint = "reports.index"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Report"), endpoint="cardreports", url="/reports/of")

    @expose("/<kind>")
    def show(self, kind: str) -> ResponseReturnValue:
        report = _report(kind)
        sheet, days, problem = _made(report)
        page = self.render(
            "console/card_report.html",
            report=report,
            reports=REPORTS.values(),
            sheet=sheet,
            rows=sheet.rows[:ROWS_SHOWN_MAX] if sheet else [],
            more=max(0, len(sheet.rows) - ROWS_SHOWN_MAX) if sheet else 0,
            days=days,
            problem=problem,
            files=[(one.value, url_for(".file", kind=kind, form=one.value, **_arguments(days))) for one in SheetForm],
        )
        return (page, 400) if problem else page

    @expose("/<kind>/file/<form>")
    def file(self, kind: str, form: str) -> ResponseReturnValue:
        """The rows as they are shown, all of them."""
        if form not in set(SheetForm):
            abort(404)
        sheet, days, problem = _made(_report(kind))
        if sheet is None or problem:
            abort(400, problem)
        back = url_for(".show", kind=kind, **_arguments(days))
        if (asked := ask_worker(self, len(sheet.rows), SheetForm(form), back)) is not None:
            return asked
        titles, cells = [title for title, _ in sheet.columns], (sheet.cells(row) for row in sheet.rows)
        return write_rows(f"{kind}-{days[0]}-{days[1]}.{form}", SheetForm(form), titles, cells, len(sheet.rows))


def _report(name: str) -> Report:
    if name not in REPORTS:
        abort(404)
    return REPORTS[name]


def _made(report: Report) -> tuple[Sheet | None, Days, str | None]:
    """The sheet, its days, and why there is none."""
    today = day_of(now(), zone())
    ahead = timedelta(days=DAYS_DEFAULT - 1)
    usual = (today, today + ahead) if report.is_ahead else (today - ahead, today)
    try:
        days = (
            date.fromisoformat(request.args.get("from") or str(usual[0])),
            date.fromisoformat(request.args.get("until") or str(usual[1])),
        )
    except ValueError:
        return None, usual, gettext("This report cannot be read from the address: give two days.")
    session = read_session()
    try:
        with bounded(session):
            return report.make(session, *days, zone()), days, None
    except ReportRefused as refused:
        return None, days, translated(refused)


def _arguments(days: Days) -> dict[str, Any]:
    return {"from": days[0].isoformat(), "until": days[1].isoformat()}
