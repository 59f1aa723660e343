"""Series that were ordered and whose cards are not all made: by a console, or by a command that was killed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import JobState
from models import Job
from services.series.open_series import GENERATE_SERIES

UNFINISHED = (JobState.WAITING, JobState.RUNNING)


def waiting_series(session: Session) -> list[int]:
    """Ids of their jobs, the oldest first; also of those that another process works on just now: they take turns."""
    query = select(Job.id).where(Job.kind == GENERATE_SERIES, Job.state.in_(UNFINISHED)).order_by(Job.id)
    return list(session.scalars(query))
