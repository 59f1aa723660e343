"""Test calls over one carrier: the worker beside Asterisk begins each, and looks a few seconds later how it ended."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from billing.states import JobState
from models import Job
from services.jobs.ask_job import fail_job
from services.routing.try_carrier import begin_carrier_test, end_carrier_test, is_lost
from telephony.carrier_call import CarrierCall, CarrierCallEnd, begin, find_end, forget

Write = Callable[[Callable[[Session], Any]], Any]
Console = Callable[[str], str]
ID_OFFSET = 10  # the shortest id in the dialplan has two digits


def step_carrier_test(write: Write, console: Console, job_id: int, now: datetime) -> None:
    """Begun in a transaction of its own before it is dialled: a worker that is killed between dials none twice."""
    terms, state, is_late = write(lambda session: _asked(session, job_id, now))
    call_id = str(ID_OFFSET + job_id)
    if state is JobState.WAITING:
        if not write(lambda session: begin_carrier_test(session, job_id, now)):
            return
        call = CarrierCall(
            terms["carrier"], terms["number"], terms["ring_seconds"], terms["talk_seconds"], terms["caller_id"]
        )
        if not begin(console, call_id, call):
            why = (
                "Asterisk did not take the call: it is down, or runs the dialplan of an older release (callingcard up)"
            )
            write(lambda session: fail_job(session, job_id, why, now))
        return
    ended = find_end(console, call_id)
    if ended is not None:
        write(lambda session: end_carrier_test(session, job_id, _told(ended), now))
    elif is_late:
        forget(console, call_id)
        write(lambda session: fail_job(session, job_id, "Asterisk did not tell how the call ended", now))


def _asked(session: Session, job_id: int, now: datetime) -> tuple[dict[str, Any], JobState, bool]:
    job = session.get_one(Job, job_id)
    is_late = job.state is JobState.RUNNING and is_lost(job, now)
    return job.parameters["terms"], job.state, is_late


def _told(ended: CarrierCallEnd) -> dict[str, Any]:
    """As the page of the job shows it."""
    is_answered = ended.dial_status == "ANSWER"
    told = {"answered": "yes" if is_answered else "no", "ended": ended.dial_status or "not dialled"}
    return {**told, "cause": ended.hangup_cause, "ring_ms": ended.ring_ms, "talk_ms": ended.talk_ms}
