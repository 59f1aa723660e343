"""The dashboard: what an operator wants to know first thing in the morning; each figure opens its list."""

from datetime import datetime, timedelta, tzinfo

from flask import current_app
from flask_admin import AdminIndexView, expose
from sqlalchemy.orm import Session

from admin_web.access import get_signed, now, zone
from admin_web.page import GuardedPage
from admin_web.views.money.reports import charts
from billing.rights import Right
from services.live.health import health
from services.operators.scope import sees_all_cards
from services.reports.report_calls import report_calls
from services.reports.report_row import ReportRow
from services.reports.report_terms import By, ReportTerms
from services.reports.today import today_figures
from web_base.database import read_session
from web_base.texts import lazy_gettext


class Dashboard(GuardedPage, AdminIndexView):
    right = Right.SEE_CARDS

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Dashboard"), url="/", endpoint="admin")

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index(self) -> str:
        operator = get_signed().operator
        sees_figures = Right.SEE_CALLS in operator.rights and sees_all_cards(operator)
        figures = today_figures(read_session(), now(), zone()) if sees_figures else None
        rows = month(read_session(), now(), zone()) if sees_figures else []
        week = (now() + timedelta(days=7)).astimezone(zone()).date().isoformat()
        return self.render(
            "console/dashboard.html",
            figures=figures,
            charts=charts(rows, By.DAY),
            week=week,
            parts=health(read_session(), current_app.config["SETTINGS"], now()) if sees_figures else [],
            today=now().astimezone(zone()).date(),
        )


def month(session: Session, at: datetime, platform: tzinfo) -> list[ReportRow]:
    """The last thirty days, from the sums that are kept ready."""
    today = at.astimezone(platform).date()
    return report_calls(session, ReportTerms((By.DAY,), today - timedelta(days=29), today), platform)
