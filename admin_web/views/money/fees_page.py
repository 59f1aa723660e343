"""Maintenance fees, expiry and lapse: what a run would do now, and a run as a job of the worker."""

from uuid import uuid4

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import carry_out, require_right, require_token
from admin_web.page import ConsolePage
from billing.rights import Right
from services.jobs.job_report import newest_jobs
from services.upkeep.card_jobs import CARD_JOBS
from services.upkeep.upkeep_job import ask_run, forecast_run
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext

RUNS = (
    (
        "fees",
        lazy_gettext("Maintenance fees"),
        lazy_gettext("Books the fees of activated cards that are due; the worker does it every hour."),
    ),
    (
        "expire",
        lazy_gettext("Expiry"),
        lazy_gettext("Marks the cards whose last day is over; their calls are refused by the date in any case."),
    ),
    (
        "lapse",
        lazy_gettext("Lapse"),
        lazy_gettext("Takes what is left on the cards whose grace is over; the worker does it every night."),
    ),
)


class FeesPage(ConsolePage):
    right = Right.SEE_MONEY
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Fees"), category="Money", endpoint="fees", url="/fees")

    @expose("/")
    def index(self) -> str:
        jobs = newest_jobs(read_session(), list(CARD_JOBS))
        return self.render("console/fees.html", runs=RUNS, jobs=jobs)

    @expose("/<run>")
    def preview(self, run: str) -> str:
        """A dry run: "would charge 1 204 cards, 301.00 USD"; nothing is written."""
        name, told = _named(run)
        waiting, looked_at, step = forecast_run(read_session(), run, now())
        return self.render(
            "console/fees_preview.html",
            run=run,
            name=name,
            told=told,
            waiting=waiting,
            looked_at=looked_at,
            step=step,
            token=uuid4().hex,
        )

    @expose("/<run>/run", methods=("POST",))
    def order(self, run: str) -> ResponseReturnValue:
        """The token of the form is the job's: sent twice, it runs once; every fee has its reference in any case."""
        require_token()
        require_right(Right.RUN_JOBS)
        _named(run)
        made: list[int] = []

        def do(session: Session) -> str:
            made.append(ask_run(session, run, request.form.get("token", ""), actor(), now()))
            return gettext("The worker does it now.")

        return redirect(url_for("jobpage.show", job_id=made[0]) if carry_out(do) else url_for(".index"))


def _named(run: str) -> tuple[str, str]:
    found = next(((name, told) for word, name, told in RUNS if word == run), None)
    if found is None:
        abort(404)
    return found
