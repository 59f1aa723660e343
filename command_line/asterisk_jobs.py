"""What operators ask of Asterisk in the console: what applying would change, how the carriers fare, and to apply."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.states import JobState
from command_line.asterisk_trunks import apply_accounts, changes_as_object, target_of, wanted_spec
from command_line.demo.instances import program
from command_line.errors import Failure
from command_line.installation import settings
from command_line.trunk_plan import files_of
from models import Job
from services.audit.audit import Act, note
from services.jobs.ask_job import UNFINISHED, actor_of, fail_job
from services.routing.asterisk_jobs import APPLY, KINDS, LOOK
from telephony.known_senders import known_senders
from telephony.trunk_changes import trunk_changes
from telephony.trunk_states import trunk_states

Write = Callable[[Callable[[Session], Any]], Any]


def waiting_asterisk_jobs(session: Session) -> list[tuple[int, str]]:
    query = select(Job.id, Job.kind).where(Job.kind.in_(KINDS), Job.state.in_(UNFINISHED)).order_by(Job.id)
    return [(job_id, kind) for job_id, kind in session.execute(query)]


def run_asterisk_job(write: Write, job_id: int, kind: str, now: Callable[[], datetime]) -> None:
    """What cannot be done ends the job with its sentence; Asterisk goes on as it is."""
    try:
        result = {LOOK: _looked, APPLY: _applied}[kind]()
    except Failure as refused:
        write(partial(fail_job, job_id=job_id, why=refused.message, now=now()))
        return
    write(partial(_end, job_id=job_id, kind=kind, result=result, now=now()))


def _looked() -> dict[str, Any]:
    wanted = settings()
    spec = wanted_spec(wanted)
    target = target_of(wanted, program(wanted))
    changes = trunk_changes(target.etc, files_of(spec))
    is_running = target.is_running
    states = trunk_states(target.console, spec.trunks.trunks) if is_running else []
    told = [[state.name, state.reach.value, state.registration.value] for state in states]
    senders = known_senders(target.console) if is_running else []
    return {**changes_as_object(changes), "is_running": is_running, "states": told, "senders": senders}


def _applied() -> dict[str, Any]:
    wanted = settings()
    changes = apply_accounts(wanted, wanted_spec(wanted))
    return {**changes_as_object(changes), "is_applied": changes.is_any}


def _end(session: Session, job_id: int, kind: str, result: dict[str, Any], now: datetime) -> None:
    job = session.get_one(Job, job_id)
    values = {"state": JobState.DONE, "finished_at": now, "result": result, "done": Job.total}
    session.execute(update(Job).where(Job.id == job_id).values(values))
    if kind == APPLY and result["is_applied"]:
        files = {"files": [change["file"] for change in result["changes"]]}
        note(session, actor_of(job), Act("asterisk.applied", "job", str(job_id), after=files), now)
