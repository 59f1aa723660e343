"""A large export with PINs: asked for by right, written by the worker by the rights of that moment, taken once by
whoever asked, and removed after a day whether it was taken or not.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.rights import Right, RightMissing
from billing.states import JobState
from models import Job
from services.audit.audit import Act, Actor, note
from services.jobs.ask_job import UNFINISHED, JobRefused, actor_of, ask_job, lock_job
from services.operators.operator_facts import OperatorFacts
from services.series.export_series import SeriesToExport
from services.store.sheet_writer import SheetForm

PIN_EXPORT: Final = "pin_export"
CARDS_AT_ONCE_MAX: Final = 50_000  # a second or two: beyond that a page does not wait
KEPT: Final = timedelta(hours=24)
FOLDER: Final = "pins"  # within that of the other exports, which sweeps its own files only


@dataclass(frozen=True, slots=True)
class PinExport:
    """`operator_id` asked, bounded to the cards of a reseller or a distributor, if any."""

    series: int
    form: SheetForm
    operator_id: int
    reseller_id: int | None
    distributor_id: int | None

    def is_of(self, operator: OperatorFacts) -> bool:
        """Whoever asked, still bound to the same cards."""
        mine = (operator.id, operator.reseller_id, operator.distributor_id)
        return mine == (self.operator_id, self.reseller_id, self.distributor_id)


def ask_pin_export(
    session: Session, series: SeriesToExport, form: SheetForm, operator_id: int, token: str, actor: Actor, now: datetime
) -> int:
    """The id of the job. The audit log names who asked; the export itself is noted before its first PIN is read."""
    if Right.EXPORT_PINS not in actor.rights:
        raise RightMissing(Right.EXPORT_PINS)
    who = {"operator_id": operator_id, "reseller_id": actor.reseller_id, "distributor_id": actor.distributor_id}
    parameters = {"series": series.number, "format": form.value, **who}
    return ask_job(session, PIN_EXPORT, f"{series.number}:{token}", series.cards, parameters, actor, now)


def waiting_pin_exports(session: Session) -> list[int]:
    """The oldest first; also one whose worker was killed: its file is written anew."""
    query = select(Job.id).where(Job.kind == PIN_EXPORT, Job.state.in_(UNFINISHED)).order_by(Job.id)
    return list(session.scalars(query))


def find_pin_export(session: Session, job_id: int) -> tuple[Job, PinExport] | None:
    job = session.get(Job, job_id)
    if job is None or job.kind != PIN_EXPORT:
        return None
    asked: dict[str, Any] = job.parameters
    who = (asked["operator_id"], asked["reseller_id"], asked["distributor_id"])
    return job, PinExport(asked["series"], SheetForm(asked["format"]), *who)


def acting(job: Job, operator: OperatorFacts) -> Actor:
    """Who asked, with the rights that it has now."""
    asked = actor_of(job)
    mine = (frozenset(operator.rights), operator.reseller_id, operator.distributor_id)
    return Actor(asked.name, asked.door, asked.address, *mine)


def end_pin_export(session: Session, job_id: int, cards: int, now: datetime) -> bool:
    """The file is whole; False: it was cancelled at the last moment."""
    job = lock_job(session, job_id)
    if job.state not in UNFINISHED:
        return False
    result = {"cards": cards, "kept_until": (now + KEPT).isoformat(timespec="minutes")}
    values = {"state": JobState.DONE, "done": cards, "total": cards, "finished_at": now, "result": result}
    session.execute(update(Job).where(Job.id == job_id).values(values))
    return True


def take_pin_export(session: Session, job_id: int, actor: Actor, now: datetime) -> None:
    """Once: commit it before the file is handed out."""
    if Right.EXPORT_PINS not in actor.rights:
        raise RightMissing(Right.EXPORT_PINS)
    job = lock_job(session, job_id)
    if not can_be_taken(job, now):
        raise JobRefused("This file was taken already, or is not kept any more: ask for a new one.")
    taken = {**(job.result or {}), "taken_at": now.isoformat(timespec="seconds")}
    session.execute(update(Job).where(Job.id == job_id).values(result=taken))
    facts = {"series": job.parameters["series"], "cards": job.total, "format": job.parameters["format"]}
    note(session, actor, Act("series.pins_taken", "job", str(job_id), after=facts), now)


def can_be_taken(job: Job, now: datetime) -> bool:
    is_kept = job.finished_at is not None and job.finished_at > now - KEPT
    return job.state is JobState.DONE and is_kept and "taken_at" not in (job.result or {})


def pin_export_file(exports: Path, job_id: int, form: SheetForm) -> Path:
    return exports.joinpath(FOLDER, f"{job_id}.{form.value}")


def forget_pin_exports(session: Session, exports: Path, now: datetime) -> int:
    """Remove every file that nobody may take any more; how many there were. No query where there is none."""
    files = [file for file in exports.joinpath(FOLDER).glob("*.*") if file.is_file()]
    if not files:
        return 0
    jobs = session.scalars(select(Job).where(Job.kind == PIN_EXPORT, Job.state.in_((*UNFINISHED, JobState.DONE))))
    kept = {str(job.id) for job in jobs if job.state in UNFINISHED or can_be_taken(job, now)}
    old = [file for file in files if file.stem not in kept]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)
