"""An act on more cards than one transaction should hold: a job of steps, each with its own entry in the audit log."""

from collections import Counter
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from billing.card_acts import CardAct
from billing.states import JobState
from models import Job
from services.audit.audit import Actor
from services.cards.card_order import CardOrder, Sale
from services.cards.card_range import CardRange
from services.cards.change_card_state import change_cards, preview_card_act
from services.jobs.ask_job import UNFINISHED, actor_of, ask_job, lock_job

CARD_ACT = "card_act"


def ask_card_act(session: Session, order: CardOrder, token: str, actor: Actor, now: datetime) -> int:
    """The id of the job; `token` is that of the form."""
    total = preview_card_act(session, order).seen
    parameters = {
        "act": order.act.value,
        "series_id": order.cards.series_id,
        "first_serial": order.cards.first_serial,
        "last_serial": order.cards.last_serial,
        "reason": order.reason,
        "sale": None if order.sale is None else asdict(order.sale),
        "ends_calls": order.ends_calls,
        "after_serial": None,
    }
    return ask_job(session, CARD_ACT, token, total, parameters, actor, now)


def card_act_step(session: Session, job_id: int, now: datetime) -> bool:
    """The next cards; False when nothing is left. Killed anywhere, the next step goes on where it was."""
    job = lock_job(session, job_id)
    if job.state not in UNFINISHED:
        return False
    step = change_cards(
        session, _order(job.parameters), actor_of(job), now, after_serial=job.parameters["after_serial"]
    )
    before = job.result or {}
    result: dict[str, Any] = {
        "changed": before.get("changed", 0) + step.done.changed,
        "skipped": dict(Counter(before.get("skipped", {})) + Counter(step.done.skipped)),
    }
    values: dict[str, Any] = {"result": result, "done": min(job.total, job.done + step.done.seen)}
    if step.last_serial is None:
        values |= {"state": JobState.DONE, "finished_at": now, "done": job.total}
    else:
        values |= {"state": JobState.RUNNING, "parameters": {**job.parameters, "after_serial": step.last_serial}}
    session.execute(update(Job).where(Job.id == job_id).values(values))
    return step.last_serial is not None


def _order(asked: dict[str, Any]) -> CardOrder:
    sale = None if asked["sale"] is None else Sale(**asked["sale"])
    cards = CardRange(asked["series_id"], asked["first_serial"], asked["last_serial"])
    return CardOrder(CardAct(asked["act"]), cards, asked["reason"], sale, asked["ends_calls"])
