"""Give the cards of a series the dates of its new rules: at once, or for a large series by a job in short steps."""

from datetime import datetime, tzinfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.states import JobState
from models import CardSeries, Job
from services.audit.audit import Actor
from services.series.recompute_expiry import recompute_expiry, recompute_step
from services.store.upsert import insert_or_skip

APPLY_EXPIRY = "apply_expiry"
CARDS_AT_ONCE_MAX = 1_000  # a tenth of a second; a million cards take minutes, and no call may wait so long
UNFINISHED = (JobState.WAITING, JobState.RUNNING)


def apply_expiry(session: Session, series: CardSeries, version: int, actor: Actor, now: datetime, zone: tzinfo) -> None:
    """After the rules were changed, in the same transaction. A job that has not come to its end gives way to the new
    one, which goes over all cards by the rules of its day.
    """
    if series.quantity <= CARDS_AT_ONCE_MAX:
        recompute_expiry(session, series.id, now, zone)
        return
    older = (Job.kind == APPLY_EXPIRY) & Job.key.like(f"{series.number}:%") & Job.state.in_(UNFINISHED)
    session.execute(update(Job).where(older).values(state=JobState.CANCELLED, finished_at=now))
    insert_or_skip(
        session,
        Job,
        kind=APPLY_EXPIRY,
        key=f"{series.number}:{version}",
        total=series.quantity,
        parameters={"series_id": series.id, "after_card_id": 0},
        asked_by=str(actor),
        asked_at=now,
    )


def find_expiry_job(session: Session, series_number: int | None = None) -> Job | None:
    """The oldest job that has not come to its end, of one series or of any."""
    query = select(Job).where(Job.kind == APPLY_EXPIRY, Job.state.in_(UNFINISHED)).order_by(Job.id).limit(1)
    if series_number is not None:
        query = query.where(Job.key.like(f"{series_number}:%"))
    return session.scalars(query).one_or_none()


def series_being_dated(session: Session) -> list[int]:
    """Numbers of the series whose cards do not all have their new dates yet: their edit goes on, or was killed."""
    keys = session.scalars(select(Job.key).where(Job.kind == APPLY_EXPIRY, Job.state.in_(UNFINISHED)).order_by(Job.id))
    return sorted({int(key.partition(":")[0]) for key in keys})


def apply_expiry_step(session: Session, job_id: int, now: datetime, zone: tzinfo) -> bool:
    """The next cards; False when the job is at its end. Killed anywhere, the next step goes on where it was."""
    job = session.scalars(select(Job).where(Job.id == job_id).with_for_update()).one()
    if job.state not in UNFINISHED:
        return False
    series_id, after = job.parameters["series_id"], job.parameters["after_card_id"]
    cards, last = recompute_step(session, series_id, now, zone, after_card_id=after)
    values = {"state": JobState.RUNNING, "done": min(job.total, job.done + cards)}
    if last is None:
        values |= {"state": JobState.DONE, "finished_at": now, "result": {"cards": job.done}}
    else:
        values |= {"parameters": {"series_id": series_id, "after_card_id": last}}
    session.execute(update(Job).where(Job.id == job_id).values(values))
    return last is not None


def apply_expiry_left(session: Session, now: datetime, zone: tzinfo) -> bool:
    """A step of the oldest job whose edit was killed in the middle; False when there is none."""
    job = find_expiry_job(session)
    if job is not None:
        apply_expiry_step(session, job.id, now, zone)
    return job is not None
