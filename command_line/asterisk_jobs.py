"""What operators ask of Asterisk in the console: what applying would change, how the carriers fare, and to apply."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.states import JobState
from command_line.asterisk_trunks import apply_accounts, changes_as_object, target_of, wanted_spec
from command_line.carrier_tests import step_carrier_test
from command_line.demo.instances import platform_folder, program
from command_line.errors import Failure
from command_line.installation import settings
from command_line.trunk_plan import files_of
from models import Job
from services.audit.audit import Act, note
from services.jobs.ask_job import UNFINISHED, actor_of, fail_job
from services.routing.asterisk_jobs import APPLY, KINDS, LOOK
from services.routing.note_reach import note_reach
from services.routing.try_carrier import CARRIER_TEST
from telephony.apply_trunks import Target
from telephony.instance import InstanceRefused, InstanceSpec, read_instance
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
        if kind == CARRIER_TEST:
            wanted = settings()
            step_carrier_test(write, target_of(wanted, program(wanted)).console, job_id, now())
            return
        result = {LOOK: _looked, APPLY: _applied}[kind]()
    except Failure as refused:
        write(partial(fail_job, job_id=job_id, why=refused.message, now=now()))
        return
    write(partial(_end, job_id=job_id, kind=kind, result=result, now=now()))


def look_at_carriers(write: Write, now: datetime) -> None:
    """Whether they answer, for the list of carriers. Where no Asterisk of ours runs beside us, nothing is noted."""
    wanted = settings()
    try:
        read_instance(platform_folder(wanted))
        told = _states(wanted_spec(wanted), target_of(wanted, program(wanted)))
    except (InstanceRefused, Failure):
        return
    if told:
        write(lambda session: note_reach(session, told, now))


def _states(spec: InstanceSpec, target: Target) -> list[tuple[str, str, str]]:
    """Endpoint, reach and registration of each carrier; none while Asterisk is down."""
    states = trunk_states(target.console, spec.trunks.trunks) if target.is_running else []
    return [(state.name, state.reach.value, state.registration.value) for state in states]


def _looked() -> dict[str, Any]:
    wanted = settings()
    spec = wanted_spec(wanted)
    target = target_of(wanted, program(wanted))
    changes = trunk_changes(target.etc, files_of(spec))
    is_running = target.is_running
    senders = known_senders(target.console) if is_running else []
    states = _states(spec, target)
    return {**changes_as_object(changes), "is_running": is_running, "states": states, "senders": senders}


def _applied() -> dict[str, Any]:
    wanted = settings()
    changes = apply_accounts(wanted, wanted_spec(wanted))
    return {**changes_as_object(changes), "is_applied": changes.is_any}


def _end(session: Session, job_id: int, kind: str, result: dict[str, Any], now: datetime) -> None:
    job = session.get_one(Job, job_id)
    if kind == LOOK:
        note_reach(session, result["states"], now)
    values = {"state": JobState.DONE, "finished_at": now, "result": result, "done": Job.total}
    session.execute(update(Job).where(Job.id == job_id).values(values))
    if kind == APPLY and result["is_applied"]:
        files = {"files": [change["file"] for change in result["changes"]]}
        note(session, actor_of(job), Act("asterisk.applied", "job", str(job_id), after=files), now)
