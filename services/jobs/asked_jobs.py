"""Jobs that operators asked for in the console, step by step: what the worker does when it looks for them."""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Job
from services.accounts.deletion_job import ACCOUNT_DELETE, deletion_step
from services.cards.card_act_job import CARD_ACT, card_act_step
from services.cards.card_order import ActRefused
from services.cards.matching_act_job import MATCHING_ACT, matching_act_step
from services.jobs.ask_job import UNFINISHED
from services.series.apply_expiry import APPLY_EXPIRY, apply_expiry_step
from services.store.fields import FieldsRefused
from services.store.version_check import NotThere
from services.upkeep.card_jobs import CARD_JOBS
from services.upkeep.upkeep_job import run_step

Step = Callable[[Session, int, datetime, tzinfo], bool]
STEPS: Mapping[str, Step] = {
    CARD_ACT: lambda session, job_id, now, _zone: card_act_step(session, job_id, now),
    MATCHING_ACT: lambda session, job_id, now, _zone: matching_act_step(session, job_id, now),
    APPLY_EXPIRY: apply_expiry_step,
    ACCOUNT_DELETE: lambda session, job_id, now, _zone: deletion_step(session, job_id, now),
    **dict.fromkeys(CARD_JOBS, run_step),
}
REFUSED = (
    ActRefused,
    FieldsRefused,
    NotThere,
)  # a step that is refused ends its job: what was asked for has become impossible


def asked_jobs(session: Session) -> list[tuple[int, str]]:
    """Id and kind of those that have not come to their end, the oldest first."""
    query = select(Job.id, Job.kind).where(Job.kind.in_(STEPS), Job.state.in_(UNFINISHED)).order_by(Job.id)
    return [(job_id, kind) for job_id, kind in session.execute(query)]


def asked_step(session: Session, job_id: int, kind: str, now: datetime, zone: tzinfo) -> bool:
    """One transaction of the job; False when it is at its end."""
    return STEPS[kind](session, job_id, now, zone)
