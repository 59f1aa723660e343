"""Exports of lists that are too long for a page's answer: asked for, written by the worker, kept for some days for
whoever asked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.states import JobState
from models import Job
from services.audit.audit import Actor
from services.jobs.ask_job import UNFINISHED, ask_job, lock_job
from services.operators.operator_facts import OperatorFacts
from services.store.sheet_writer import SheetForm

LIST_EXPORT: Final = "list_export"
KEPT_DAYS: Final = 7
PART: Final = ".part"  # of a file that is being written


@dataclass(frozen=True, slots=True)
class ListExport:
    """`list` is the view's endpoint; `address` its page with filters, order and columns; `operator_id` asked. The file
    holds what this operator sees, which its reseller or distributor bounds.
    """

    list: str
    address: str
    form: SheetForm
    operator_id: int
    reseller_id: int | None = None
    distributor_id: int | None = None

    def is_of(self, operator: OperatorFacts) -> bool:
        """Whoever asked, still bound to the same cards."""
        mine = (operator.id, operator.reseller_id, operator.distributor_id)
        return mine == (self.operator_id, self.reseller_id, self.distributor_id)


def ask_list_export(session: Session, wanted: ListExport, token: str, actor: Actor, now: datetime) -> int:
    """The id of the job; `token` is that of the form. How many rows there are is counted when it is written."""
    parameters = {
        "list": wanted.list,
        "address": wanted.address,
        "format": wanted.form.value,
        "operator_id": wanted.operator_id,
        "reseller_id": wanted.reseller_id,
        "distributor_id": wanted.distributor_id,
    }
    return ask_job(session, LIST_EXPORT, f"{wanted.list}:{token}", 0, parameters, actor, now)


def waiting_exports(session: Session) -> list[int]:
    """The oldest first; also one whose worker was killed: its file is written anew."""
    query = select(Job.id).where(Job.kind == LIST_EXPORT, Job.state.in_(UNFINISHED)).order_by(Job.id)
    return list(session.scalars(query))


def find_export(session: Session, job_id: int) -> tuple[Job, ListExport] | None:
    job = session.get(Job, job_id)
    if job is None or job.kind != LIST_EXPORT:
        return None
    asked: dict[str, Any] = job.parameters
    form = SheetForm(asked["format"])
    who = (asked["operator_id"], asked["reseller_id"], asked["distributor_id"])
    return job, ListExport(asked["list"], asked["address"], form, *who)


def note_export(session: Session, job_id: int, done: int, total: int) -> bool:
    """How far it is; False: it was cancelled, and nothing more is written."""
    job = lock_job(session, job_id)
    if job.state not in UNFINISHED:
        return False
    values = {"state": JobState.RUNNING, "done": done, "total": total}
    session.execute(update(Job).where(Job.id == job_id).values(values))
    return True


def end_export(session: Session, job_id: int, rows: int, now: datetime) -> bool:
    """The file is whole and has its name; False: it was cancelled at the last moment."""
    job = lock_job(session, job_id)
    if job.state not in UNFINISHED:
        return False
    result = {"rows": rows, "kept_until": (now + timedelta(days=KEPT_DAYS)).isoformat(timespec="minutes")}
    values = {"state": JobState.DONE, "done": rows, "total": rows, "finished_at": now, "result": result}
    session.execute(update(Job).where(Job.id == job_id).values(values))
    return True


def export_file(folder: Path, job_id: int, form: SheetForm) -> Path:
    return folder.joinpath(f"{job_id}.{form.value}")


def exports_kept(session: Session, now: datetime) -> set[int]:
    """Jobs whose files stay: those at work, and those that ended some days ago at most."""
    ended = (Job.state == JobState.DONE) & (Job.finished_at > now - timedelta(days=KEPT_DAYS))
    return set(session.scalars(select(Job.id).where(Job.kind == LIST_EXPORT, ended | Job.state.in_(UNFINISHED))))


def forget_files(folder: Path, kept: set[int]) -> int:
    """Remove the files of all other jobs; how many there were."""
    old = [file for file in folder.glob("*.*") if not (file.stem.isdigit() and int(file.stem) in kept)]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)
