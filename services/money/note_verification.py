"""Keep the result of the last proof of the ledger, for those who watch the platform."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import JobState
from models import Job
from services.audit.audit import Actor
from services.store.upsert import insert_or_skip

VERIFY, LATEST = "verify", "latest"
TOLD_MAX = 20  # breaches whose evidence is kept; `callingcard verify` shows all


@dataclass(frozen=True, slots=True)
class Verification:
    """When the ledger was proved, how many breaches were found, and how long that took; `told` are the first ones."""

    at: datetime
    breaches: int
    seconds: int
    told: tuple[str, ...] = ()


def note_verification(
    session: Session, breaches: int, seconds: int, actor: Actor, now: datetime, told: Sequence[object] = ()
) -> None:
    """The newest replaces the one before."""
    insert_or_skip(session, Job, kind=VERIFY, key=LATEST, total=1, parameters={}, asked_by=str(actor), asked_at=now)
    job = session.scalars(select(Job).where(Job.kind == VERIFY, Job.key == LATEST)).one()
    job.state, job.done, job.finished_at = JobState.DONE, 1, now
    job.result = {"breaches": breaches, "seconds": seconds, "told": [str(breach) for breach in told[:TOLD_MAX]]}
    session.flush()


def last_verification(session: Session) -> Verification | None:
    query = select(Job.finished_at, Job.result).where(Job.kind == VERIFY, Job.key == LATEST)
    row = session.execute(query.where(Job.finished_at.is_not(None))).one_or_none()
    if row is None:
        return None
    at, result = row
    told = tuple(map(str, result.get("told", ())))
    return Verification(at, int(result["breaches"]), int(result.get("seconds", 0)), told)
