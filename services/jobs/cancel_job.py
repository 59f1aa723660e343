"""Cancel long work: between two of its steps where each is whole, or as a whole where it makes one thing."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from billing.states import JobState
from models import Job
from services.audit.audit import Act, Actor, note
from services.jobs.ask_job import UNFINISHED, JobRefused, lock_job
from services.jobs.card_file_job import CARD_FILE
from services.jobs.list_export import LIST_EXPORT
from services.series.forsake_series import forsake_series
from services.series.open_series import GENERATE_SERIES
from services.vouchers.voucher_job import GENERATE_VOUCHERS, forsake_vouchers

Undo = Callable[[Session, Job, Actor, datetime], None]
BY_STEPS = frozenset({"card_act", "matching_act", "fees", "expire", "lapse"})  # what is done stays done
AS_A_WHOLE: Mapping[str, Undo] = {  # nothing of it can be used
    GENERATE_SERIES: forsake_series,
    GENERATE_VOUCHERS: forsake_vouchers,
    CARD_FILE: lambda _session, _job, _actor, _now: None,  # the same
    LIST_EXPORT: lambda _session, _job, _actor, _now: None,  # the worker drops what it has written
}


def is_cancellable(job: Job) -> bool:
    return job.state in UNFINISHED and job.kind in BY_STEPS | AS_A_WHOLE.keys()


def cancel_job(session: Session, job_id: int, actor: Actor, now: datetime) -> None:
    job = lock_job(session, job_id)
    if job.kind not in BY_STEPS | AS_A_WHOLE.keys():
        raise JobRefused("Such a job makes one whole thing and cannot be left half done: let it end.")
    if job.state not in UNFINISHED:
        raise JobRefused(f"The job is {job.state.value} already.")
    if job.kind in AS_A_WHOLE:
        AS_A_WHOLE[job.kind](session, job, actor, now)
    session.execute(update(Job).where(Job.id == job_id).values(state=JobState.CANCELLED, finished_at=now))
    note(session, actor, Act("job.cancelled", "job", str(job_id), after={"done": job.done}), now)
