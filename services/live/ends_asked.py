"""The ends of calls that were asked for ("Block and end calls"), and whether each is done."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.states import HoldState, JobState
from models import Hold, Job
from services.calls.end_calls import END_CALL
from services.live.home import home_of

ENDS_A_LOOK = 200


@dataclass(frozen=True, slots=True)
class EndAsked:
    """`channel_id` is the caller's channel, by its unique id; `is_open`: its hold is, so it may still be up. `home` is
    its Asterisk, '' where that is not known.
    """

    job_id: int
    call_id: str
    channel_id: str
    is_open: bool

    @property
    def home(self) -> str:
        return home_of(self.channel_id)


def ends_asked(session: Session) -> list[EndAsked]:
    """Oldest first."""
    query = (
        select(Job.id, Job.key, Job.parameters, Hold.state)
        .join(Hold, Hold.call_id == Job.key, isouter=True)
        .where(Job.kind == END_CALL, Job.state == JobState.WAITING)
        .order_by(Job.id)
        .limit(ENDS_A_LOOK)
    )
    return [
        EndAsked(job_id, call_id, str(parameters.get("channel_id", "")), state is HoldState.OPEN)
        for job_id, call_id, parameters, state in session.execute(query)
    ]


def note_end(session: Session, job_id: int, channels: list[str], now: datetime) -> None:
    """It was ended by hanging these up; none: it had ended by itself."""
    done = {"state": JobState.DONE, "done": 1, "result": {"channels": channels}, "finished_at": now}
    session.execute(update(Job).where(Job.id == job_id, Job.state == JobState.WAITING).values(done))
