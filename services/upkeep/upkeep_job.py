"""A run of fees, expiry or lapse that an operator asked for: the same use cases as the clock's, in steps of a job."""

from collections import Counter
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from billing.states import JobState
from models import Job
from services.audit.audit import Actor
from services.jobs.ask_job import UNFINISHED, ask_job, lock_job
from services.upkeep.card_jobs import CARD_JOBS, CardJob
from services.upkeep.job_step import JobStep, nothing

CARDS_A_STEP = 200  # as the clock's runs
FORECAST_CARDS_MAX = 20_000  # some seconds; beyond that the page says that it is a part


def forecast_run(session: Session, name: str, now: datetime) -> tuple[int, int, JobStep]:
    """How many cards wait, of how many it was worked out what would happen, and that."""
    job = CARD_JOBS[name]
    step, looked_at, last = nothing(), 0, 0
    while looked_at < FORECAST_CARDS_MAX:
        card_ids = job.find(session, now, after_card_id=last, limit=CARDS_A_STEP)
        if not card_ids:
            break
        step += job.forecast(session, card_ids, now)
        looked_at, last = looked_at + len(card_ids), card_ids[-1]
    return job.count(session, now), looked_at, step


def ask_run(session: Session, name: str, token: str, actor: Actor, now: datetime) -> int:
    """The id of the job; `token` is that of the form."""
    total = CARD_JOBS[name].count(session, now)
    return ask_job(session, name, token, total, {"after_card_id": 0}, actor, now)


def run_step(session: Session, job_id: int, now: datetime, zone: tzinfo) -> bool:
    """The next cards; False when nothing is left. What two runs book at once is booked once, by its reference."""
    asked = lock_job(session, job_id)
    if asked.state not in UNFINISHED:
        return False
    job: CardJob = CARD_JOBS[asked.kind]
    if job.prepare(session, now, zone):
        return True
    after = asked.parameters["after_card_id"]
    card_ids = job.find(session, now, after_card_id=after, limit=CARDS_A_STEP)
    done = job.work(session, card_ids, now, zone) if card_ids else nothing()
    values: dict[str, Any] = {"result": _added(asked.result or {}, done), "state": JobState.RUNNING}
    if card_ids:
        values |= {"parameters": {**asked.parameters, "after_card_id": card_ids[-1]}}
        values |= {"done": min(asked.total, asked.done + len(card_ids))}
    else:
        values |= {"state": JobState.DONE, "done": asked.total, "finished_at": now}
    session.execute(update(Job).where(Job.id == job_id).values(values))
    return bool(card_ids)


def _added(result: dict[str, Any], done: JobStep) -> dict[str, Any]:
    amounts = Counter(result.get("amounts_micros", {}))
    amounts.update(done.amounts)
    return {"cards": result.get("cards", 0) + done.cards, "amounts_micros": dict(amounts)}
