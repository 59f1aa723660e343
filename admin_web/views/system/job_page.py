"""One job: how far it is, what it was asked for, what came out; cancelled between two of its steps."""

from typing import Any

from flask import abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, get_signed, has_right, now
from admin_web.acts import carry_out, require_right, require_token
from admin_web.entrance.fresh import ask_again
from admin_web.entrance.sign_in import page_of_ours
from admin_web.lists.files import send
from admin_web.page import GuardedPage, ThingPage
from billing.rights import Right
from billing.states import JobState
from services.audit.audit import Act, note
from services.jobs.cancel_job import cancel_job
from services.jobs.card_file_job import (
    CardFileJob,
    can_be_taken,
    card_file_place,
    find_card_file,
    take_card_file,
)
from services.jobs.job_report import find_job_report
from services.jobs.list_export import ListExport, ask_list_export, export_file, find_export
from services.store.sheet_writer import SheetForm
from web_base.database import read_session, write_session
from web_base.texts import gettext, lazy_gettext

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
        export = find_export(read_session(), job_id)
        file = export is not None and export[0].state is JobState.DONE and export[1].is_of(get_signed().operator)
        return self.render(
            "console/job.html",
            job=job,
            seconds=LOOK_AGAIN_SECONDS,
            may_cancel=_is_in_charge(job),
            has_file=file,
            taken_once=_find_pins(job_id),
        )

    @expose("/export", methods=("POST",))
    def export(self) -> ResponseReturnValue:
        """A list that is too long for a page's answer; the form's token makes two presses one job."""
        require_token()
        form, operator, asked = request.form, get_signed().operator, list[int]()
        if form.get("form") not in set(SheetForm) or find_list(form.get("list", "")) is None:
            abort(400)
        address = page_of_ours(form.get("wanted"))
        whose = (operator.id, operator.reseller_id, operator.distributor_id)
        wanted = ListExport(form["list"], address, SheetForm(form["form"]), *whose)

        def do(session: Session) -> str:
            asked.append(ask_list_export(session, wanted, form.get("token", ""), actor(), now()))
            return gettext("The worker writes the file now.")

        return redirect(url_for(".show", job_id=asked[0]) if carry_out(do) else address)

    @expose("/<int:job_id>/file")
    def file(self, job_id: int) -> ResponseReturnValue:
        """For whoever asked for it, while the list may still be seen."""
        found = find_export(read_session(), job_id)
        if found is None or not found[1].is_of(get_signed().operator):
            abort(404)
        job, asked = found
        view = find_list(asked.list)
        if view is None or not view.is_accessible():
            abort(403, gettext("You may not see this list any more, so its file is closed to you as well."))
        kept = export_file(current_app.config["SETTINGS"].exports_dir, job_id, asked.form)
        if job.state is not JobState.DONE or not kept.exists():
            flash(gettext("The file is not there (any more): ask for it again from the list."), "error")
            return redirect(url_for(".show", job_id=job_id))
        with write_session() as session:
            note(session, actor(), Act("list.file_taken", "job", str(job_id), after={"list": asked.list}), now())
        return send(f"{asked.list}.{asked.form.value}", lambda file: file.hardlink_to(kept))

    @expose("/<int:job_id>/pins", methods=("POST",))
    def pins(self, job_id: int) -> ResponseReturnValue:
        """A file of cards or vouchers: once, for whoever asked, and it leaves the disk with it; where it holds PINs or
        codes by right and with a fresh password.
        """
        require_token()
        page, found = url_for(".show", job_id=job_id), _find_pins(job_id)
        if found is None or found.order.has_secrets:
            require_right(Right.EXPORT_PINS)
            if (asked := ask_again(page)) is not None:
                return asked
        if found is None:
            abort(404)
        kept = card_file_place(current_app.config["SETTINGS"].exports_dir, job_id, found.ending)

        def take(session: Session) -> str:
            take_card_file(session, job_id, found.order, actor(), now())
            return gettext("The file is handed out; it is kept no longer.")

        if not carry_out(take):
            return redirect(page)
        if not kept.exists():
            flash(gettext("The file is not there (any more): ask for it again."), "error")
            return redirect(page)
        return send(found.file_name, kept.rename)

    @expose("/<int:job_id>/cancel", methods=("POST",))
    def cancel(self, job_id: int) -> ResponseReturnValue:
        require_token()
        job = _job(job_id)
        if not _is_in_charge(job):
            abort(403)

        def do(session: Session) -> str:
            cancel_job(session, job_id, actor(), now())
            if job["leaves_nothing"]:
                return gettext("The job is cancelled; nothing of what it began can be used.")
            return gettext("The job is cancelled; what it did stays done.")

        carry_out(do)
        return redirect(url_for(".show", job_id=job_id))


def find_list(endpoint: str) -> GuardedPage | None:
    """The list or the reports of this endpoint, as a job keeps it."""
    views = current_app.extensions["admin"][0]._views  # noqa: SLF001 (Flask-Admin has no other name for them)
    mine = (view for view in views if isinstance(view, GuardedPage) and view.gives_files)
    return next((view for view in mine if view.endpoint == endpoint), None)


def _job(job_id: int) -> dict[str, Any]:
    job = find_job_report(read_session(), job_id)
    if job is None or not (has_right(Right.SEE_SYSTEM) or job["asked_by"] == str(actor())):
        abort(404)
    return job


def _find_pins(job_id: int) -> CardFileJob | None:
    """The export that this operator may take now."""
    found = find_card_file(read_session(), job_id)
    if found is None or not found[1].is_of(get_signed().operator) or not can_be_taken(found[0], now()):
        return None
    return found[1]


def _is_in_charge(job: dict[str, Any]) -> bool:
    return has_right(Right.RUN_JOBS) or job["asked_by"] == str(actor())
