"""An act on more cards than one transaction should hold: a job of steps, each with its own entry in the audit log."""

from collections import Counter
from collections.abc import Mapping
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
from services.cards.change_card_state import ActDone, change_cards, preview_card_act
from services.jobs.ask_job import UNFINISHED, actor_of, ask_job, lock_job

CARD_ACT = "card_act"


def ask_card_act(session: Session, order: CardOrder, token: str, actor: Actor, now: datetime) -> int:
    """The id of the job; `token` is that of the form."""
    total = preview_card_act(session, order).seen
    parameters = {**as_parameters(order), **asdict(order.cards), "after_serial": None}
    return ask_job(session, CARD_ACT, token, total, parameters, actor, now)


def card_act_step(session: Session, job_id: int, now: datetime) -> bool:
    """The next cards; False when nothing is left. Killed anywhere, the next step goes on where it was."""
    job = lock_job(session, job_id)
    if job.state not in UNFINISHED:
        return False
    asked = job.parameters
    cards = CardRange(asked["series_id"], asked["first_serial"], asked["last_serial"])
    step = change_cards(session, order_on(cards, asked), actor_of(job), now, after_serial=asked["after_serial"])
    result = with_more(job.result or {}, step.done)
    values: dict[str, Any] = {"result": result, "done": min(job.total, job.done + step.done.seen)}
    if step.last_serial is None:
        values |= {"state": JobState.DONE, "finished_at": now, "done": job.total}
    else:
        values |= {"state": JobState.RUNNING, "parameters": {**job.parameters, "after_serial": step.last_serial}}
    session.execute(update(Job).where(Job.id == job_id).values(values))
    return step.last_serial is not None


def as_parameters(order: CardOrder) -> dict[str, Any]:
    """What is done, without the cards: as a job keeps it."""
    sale = None if order.sale is None else asdict(order.sale)
    return {"act": order.act.value, "reason": order.reason, "sale": sale, "ends_calls": order.ends_calls}


def order_on(cards: CardRange, asked: Mapping[str, Any]) -> CardOrder:
    sale = None if asked["sale"] is None else Sale(**asked["sale"])
    return CardOrder(CardAct(asked["act"]), cards, asked["reason"], sale, asked["ends_calls"])


def with_more(before: Mapping[str, Any], done: ActDone) -> dict[str, Any]:
    """A job's result after one more step."""
    skipped = Counter(before.get("skipped", {})) + Counter(done.skipped)
    return {"changed": before.get("changed", 0) + done.changed, "skipped": dict(skipped)}
