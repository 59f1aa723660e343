"""The worker's part of a long export: the list's own page is asked for once more, as the operator who wanted the file
and with the rights that this operator has now, and its rows go into a file.
"""

from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, g
from werkzeug.exceptions import HTTPException

from admin_web.lists.export_sink import ExportSink, Told
from models import Job, Operator
from services.jobs.ask_job import actor_of
from services.jobs.list_export import PART, ListExport, export_file
from services.operators.operator_facts import OperatorFacts, find_operator_by
from services.operators.sessions import Signed
from web_base.database import read_session

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # no password was entered for it: no secret is shown


class ExportRefused(ValueError):
    """No file can be written for this operator any more; the sentence says why."""


def write_export(app: Flask, job: Job, asked: ListExport, folder: Path, told: Told) -> int:
    """How many rows the file has. It is written beside its place, and is there whole or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder / f"{job.id}{PART}"
    sink = ExportSink(part, told)
    try:
        with app.test_request_context(asked.address, environ_base={"REMOTE_ADDR": actor_of(job).address or ""}):
            _ask(app, asked, sink)
        part.rename(export_file(folder, job.id, asked.form))
    except BaseException:
        part.unlink(missing_ok=True)
        if sink.stopped is not None:  # a writer of sheets tells it in words of its own
            raise sink.stopped from None
        raise
    return sink.rows


def _ask(app: Flask, asked: ListExport, sink: ExportSink) -> None:
    g.signed, g.export_sink = Signed(_operator(asked), LONG_AGO, LONG_AGO), sink
    app.preprocess_request()
    try:
        app.dispatch_request()
    except HTTPException as refused:
        raise ExportRefused(refused.description or "The list cannot be shown any more.") from refused
    if not sink.is_written:
        raise ExportRefused("The list is not shown to its operator any more: the right for it is missing.")


def _operator(asked: ListExport) -> OperatorFacts:
    operator = find_operator_by(read_session(), Operator.id == asked.operator_id)
    if operator is None or not operator.is_enabled or not asked.is_of(operator):
        raise ExportRefused("Whoever asked for the file may not sign in any more, or works on other cards now.")
    return operator
