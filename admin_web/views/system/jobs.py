"""Jobs: long work, how far it is, who asked for it."""

from typing import Any

from flask import url_for
from sqlalchemy import Row

from admin_web.lists import cells
from admin_web.lists.filters import TextFilter, WordFilter, begins_with
from admin_web.lists.list_view import ConsoleList, Rows
from billing.rights import Right
from billing.states import JobState
from models import Job
from services.jobs.job_report import job_rows
from services.store.keyset import Order
from web_base.formats import whole
from web_base.texts import lazy_gettext


def progress(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401 (as Flask-Admin has it)
    return f"{whole(row.done)} / {whole(row.total)}"


class JobList(ConsoleList):
    right = Right.SEE_SYSTEM
    heading = lazy_gettext("Jobs")
    empty_text = lazy_gettext("No job was asked for yet.")
    search_label = lazy_gettext("What it works on, or how that begins")
    link_column = "kind"
    right_aligned = frozenset({"progress"})
    column_list = ("state", "kind", "key", "progress", "asked_by", "asked_at", "finished_at")
    column_labels = {  # noqa: RUF012
        "state": lazy_gettext("State"),
        "kind": lazy_gettext("Job"),
        "key": lazy_gettext("Works on"),
        "progress": lazy_gettext("Done"),
        "asked_by": lazy_gettext("Asked by"),
        "asked_at": lazy_gettext("Asked"),
        "finished_at": lazy_gettext("Finished"),
    }
    column_formatters = {  # noqa: RUF012
        "state": cells.status,
        "kind": cells.word,
        "progress": progress,
        "asked_at": cells.moment,
        "finished_at": cells.moment,
    }
    orders = {"asked_at": Order((Job.id,))}  # noqa: RUF012
    begins_descending = True

    def __init__(self) -> None:
        self.filters = (
            WordFilter("state", lazy_gettext("State"), Job.state, JobState),
            TextFilter("kind", lazy_gettext("Job"), Job.kind),
        )
        super().__init__(Job, name=lazy_gettext("Jobs"), category="System", endpoint="jobs")

    def query(self) -> Rows:
        return job_rows()

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(Job.key, text))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("jobpage.show", job_id=row.id)
