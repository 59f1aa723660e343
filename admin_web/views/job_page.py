"""One job: how far it is, what it was asked for, what came out; cancelled between two of its steps."""

from typing import Any

from flask import abort, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, has_right, now
from admin_web.acts import carry_out, require_token
from admin_web.database import read_session
from admin_web.page import ThingPage
from admin_web.texts import gettext, lazy_gettext
from billing.rights import Right
from services.jobs.ask_job import cancel_job
from services.jobs.job_report import find_job_report

LOOK_AGAIN_SECONDS = 3


class JobPage(ThingPage):
    """Open to who sees the system, and to who asked for the job."""

    right = Right.SEE_CARDS
    list_endpoint = "jobs.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Job"), endpoint="jobpage", url="/jobs")

    @expose("/<int:job_id>")
    def show(self, job_id: int) -> str:
        job = _job(job_id)
        return self.render("console/job.html", job=job, seconds=LOOK_AGAIN_SECONDS, may_cancel=_is_in_charge(job))

    @expose("/<int:job_id>/cancel", methods=("POST",))
    def cancel(self, job_id: int) -> ResponseReturnValue:
        require_token()
        if not _is_in_charge(_job(job_id)):
            abort(403)

        def do(session: Session) -> str:
            cancel_job(session, job_id, actor(), now())
            return gettext("The job is cancelled; what it did stays done.")

        carry_out(do)
        return redirect(url_for(".show", job_id=job_id))


def _job(job_id: int) -> dict[str, Any]:
    job = find_job_report(read_session(), job_id)
    if job is None or not (has_right(Right.SEE_SYSTEM) or job["asked_by"] == str(actor())):
        abort(404)
    return job


def _is_in_charge(job: dict[str, Any]) -> bool:
    return has_right(Right.RUN_JOBS) or job["asked_by"] == str(actor())
