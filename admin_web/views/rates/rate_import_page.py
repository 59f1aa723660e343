"""An import of rates in three steps: upload and read, look at what it would change, apply or undo. The worker does each
with progress; nothing is applied before it was seen.
"""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_web.access import actor, now, zone
from admin_web.acts import carry_out, require_right, require_token
from admin_web.forms.form import shown_fields, typed_values
from admin_web.forms.import_form import IMPORT_FIELDS, read_order, typed_of, usual_values
from admin_web.forms.uploads import keep_upload
from admin_web.lists.choices import rate_tables
from admin_web.lists.files import send
from admin_web.page import ThingPage
from billing.rights import Right
from models import Job, RateImport, RateImportRefusal, RateTable
from services.jobs.ask_job import UNFINISHED, ask_job
from services.rate_import.import_jobs import APPLY, READ, UNDO, ask_apply
from services.rate_import.import_report import find_import
from services.rate_import.sheet import BYTES_MAX
from services.store.sheet_writer import SheetForm, write_table
from web_base.database import read_session, write_session
from web_base.texts import gettext, lazy_gettext

FORM_BYTES = 64 * 1024  # what the other fields of the form need beside the file
REFUSED_SHOWN_MAX = 50
CHOICES = {"table_id": rate_tables}


class RateImportPage(ThingPage):
    right = Right.SEE_RATES
    is_of_all = True
    list_endpoint = "imports.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Import of rates"), endpoint="rateimport", url="/imports")

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        require_right(Right.MANAGE_RATES)
        if request.method == "GET":
            return self._form(typed_values(usual_values()))
        request.max_content_length = BYTES_MAX + FORM_BYTES
        require_token()
        order, typed, problems = read_order()
        uploaded = request.files.get("file")
        if uploaded is None or not uploaded.filename:
            problems = {**problems, "file": gettext("Choose a file.")}
        if problems or uploaded is None:
            return self._form(typed, problems), 400
        name = Path(uploaded.filename or "").name
        return _asked({**order, "file": str(keep_upload(uploaded)), "name": name})

    @expose("/job/<int:job_id>", methods=("GET", "POST"))
    def job(self, job_id: int) -> ResponseReturnValue:
        """How far it is; then what was found, or the form once more, to read the same file otherwise."""
        job = _job(job_id)
        if request.method == "POST":
            return self._again(job)
        if job.state not in UNFINISHED and (job.result or {}).get("import_id"):
            return redirect(url_for(".show", import_id=job.result["import_id"]))  # type: ignore[index]
        return self._draw_job(job, typed_values(typed_of(job.parameters)))

    @expose("/<int:import_id>")
    def show(self, import_id: int) -> str:
        found = find_import(read_session(), import_id)
        if found is None:
            abort(404)
        currency = read_session().scalars(select(RateTable.currency).where(RateTable.name == found["table"])).one()
        table_id = read_session().get_one(RateImport, import_id).rate_table_id
        return self.render(
            "console/import.html",
            found=found,
            currency=currency,
            table_id=table_id,
            jobs=_jobs_of(import_id),
            token=uuid4().hex,
        )

    @expose("/<int:import_id>/act", methods=("POST",))
    def act(self, import_id: int) -> ResponseReturnValue:
        """Apply, go on, or undo: a job of the worker."""
        require_token()
        require_right(Right.MANAGE_RATES)
        kind = {"apply": APPLY, "undo": UNDO}.get(request.form.get("act", ""))
        if kind is None or read_session().get(RateImport, import_id) is None:
            abort(404)
        token, typed = request.form.get("token", ""), request.form.get("at", "").strip()
        try:
            at = datetime.fromisoformat(typed).replace(tzinfo=zone()) if typed else None
        except ValueError:
            flash(gettext("The moment cannot be read: choose day and time."), "error")
            return redirect(url_for(".show", import_id=import_id))

        def do(session: Session) -> str:
            if kind == APPLY:
                ask_apply(session, import_id, at, token, actor(), now())
            else:
                ask_job(session, kind, f"{import_id}:{token}", 0, {"import_id": import_id}, actor(), now())
            return gettext("The worker is at it; this page shows how far it is.")

        carry_out(do)
        return redirect(url_for(".show", import_id=import_id))

    @expose("/<int:import_id>/refused")
    def refused(self, import_id: int) -> Response:
        """Refused lines, so that whoever sent the file can be told."""
        query = select(RateImportRefusal.line, RateImportRefusal.reason, RateImportRefusal.sentence)
        mine = query.where(RateImportRefusal.rate_import_id == import_id).order_by(RateImportRefusal.line)
        return _refused_file([tuple(row) for row in read_session().execute(mine)], f"refused-{import_id}.csv")

    @expose("/job/<int:job_id>/refused")
    def refused_of_job(self, job_id: int) -> Response:
        lines = [tuple(line) for line in (_job(job_id).result or {}).get("refused", [])]
        return _refused_file(lines, f"refused-lines-{job_id}.csv")

    def _again(self, job: Job) -> ResponseReturnValue:
        require_token()
        require_right(Right.MANAGE_RATES)
        order, typed, problems = read_order()
        if not Path(job.parameters["file"]).exists():
            problems = {**problems, "": gettext("The file is gone: upload it again.")}
        if problems:
            return self._draw_job(job, typed, problems), 400
        return _asked({**order, "file": job.parameters["file"], "name": job.parameters["name"]})

    def _draw_job(self, job: Job, typed: dict[str, str], problems: dict[str, str] | None = None) -> str:
        result = job.result or {}
        refused = result.get("refused", [])
        return self.render(
            "console/import_job.html",
            job=job,
            is_unfinished=job.state in UNFINISHED,
            result=result,
            refused=refused[:REFUSED_SHOWN_MAX],
            reasons=sorted({reason for _, reason, _ in refused}),
            fields=shown_fields(IMPORT_FIELDS, CHOICES),
            typed=typed,
            problems=problems or {},
        )

    def _form(self, typed: dict[str, str], problems: dict[str, str] | None = None) -> str:
        fields = shown_fields(IMPORT_FIELDS, CHOICES)
        limit_mb = BYTES_MAX // 1024**2
        return self.render(
            "console/import_form.html", fields=fields, typed=typed, problems=problems or {}, limit_mb=limit_mb
        )


def _asked(parameters: dict[str, Any]) -> ResponseReturnValue:
    with write_session() as session:
        job_id = ask_job(session, READ, uuid4().hex, 0, parameters, actor(), now())
    return redirect(url_for("rateimport.job", job_id=job_id))


def _job(job_id: int) -> Job:
    job = read_session().get(Job, job_id)
    if job is None or job.kind != READ:
        abort(404)
    return job


def _jobs_of(import_id: int) -> list[Job]:
    """What was asked of it, the newest first."""
    query = select(Job).where(Job.kind.in_((APPLY, UNDO)), Job.key.startswith(f"{import_id}:", autoescape=True))
    return list(read_session().scalars(query.order_by(Job.id.desc())))


def _refused_file(rows: list[Any], name: str) -> Response:
    titles = ("Line", "Reason", "Why")
    return send(name, lambda written: write_table(written, SheetForm.CSV, titles, rows, len(rows)))
