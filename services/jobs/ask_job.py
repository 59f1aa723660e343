"""Ask for long work: a row that the worker finds. The same form sent twice asks once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.states import JobState
from models import Job
from services.audit.audit import Act, Actor, Door, note
from services.store.upsert import insert_or_skip

UNFINISHED = (JobState.WAITING, JobState.RUNNING)


class JobRefused(ValueError):
    """The job cannot be changed so; the sentence says why."""


def ask_job(
    session: Session, kind: str, key: str, total: int, parameters: Mapping[str, Any], actor: Actor, now: datetime
) -> int:
    """The id of the job. `parameters` are JSON's values; who asks is noted with them, for what the job does."""
    who = {"name": actor.name, "door": actor.door.value, "address": actor.address}
    asked = {"total": total, "parameters": {**parameters, "actor": who}, "asked_by": str(actor), "asked_at": now}
    is_new = insert_or_skip(session, Job, kind=kind, key=key, **asked)
    job_id = session.scalars(select(Job.id).where(Job.kind == kind, Job.key == key)).one()
    if is_new:
        note(session, actor, Act("job.asked", "job", str(job_id), after={"kind": kind, "items": total}), now)
    return job_id


def find_asked(session: Session, kind: str, key: str) -> int | None:
    """The job of a form that was sent before."""
    return session.scalars(select(Job.id).where(Job.kind == kind, Job.key == key)).one_or_none()


def lock_job(session: Session, job_id: int) -> Job:
    """The row as it is now; whoever else steps or cancels it waits."""
    query = select(Job).where(Job.id == job_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one()


def fail_job(session: Session, job_id: int, why: str, now: datetime) -> None:
    job = lock_job(session, job_id)
    if job.state in UNFINISHED:
        values = {"state": JobState.FAILED, "finished_at": now, "result": {**(job.result or {}), "why": why}}
        session.execute(update(Job).where(Job.id == job_id).values(values))


def actor_of(job: Job) -> Actor:
    """Who asked for it acts in each of its steps."""
    who = job.parameters["actor"]
    return Actor(who["name"], Door(who["door"]), who["address"])
