"""An act on the cards that fitted the filters of a list when it was confirmed: a job over exactly these, by steps."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from billing.states import JobState
from models import Job
from services.audit.audit import Actor
from services.cards.card_act_job import as_parameters, order_on, with_more
from services.cards.card_range import CardRange
from services.cards.change_card_state import CARDS_A_STEP, ActDone, change_cards
from services.cards.chosen_cards import OrderOf
from services.cards.matching_cards import Matching, check_orders
from services.jobs.ask_job import UNFINISHED, actor_of, ask_job, lock_job

MATCHING_ACT = "matching_act"
RUNS_A_STEP = 100  # each has an entry in the audit log


def ask_matching_act(
    session: Session, matching: Matching, order_of: OrderOf, filters: str, token: str, actor: Actor, now: datetime
) -> int:
    """The id of the job; `filters` is the list's address, for readers. `token` is that of the form."""
    check_orders(session, matching.runs, order_of)
    runs = [[cards.series_id, cards.first_serial, cards.last_serial] for cards in matching.runs]
    parameters = {**as_parameters(order_of(matching.runs[0])), "filters": filters, "runs": runs}
    return ask_job(session, MATCHING_ACT, token, matching.count, parameters, actor, now)


def matching_act_step(session: Session, job_id: int, now: datetime) -> bool:
    """The next cards; False when nothing is left. Killed anywhere, the next step goes on where it was."""
    job = lock_job(session, job_id)
    if job.state not in UNFINISHED:
        return False
    before = job.result or {}
    done, place = _next_runs(session, job, before.get("place", [0, None]), now)
    result = with_more(before, done)
    has_more: bool = place[0] < len(job.parameters["runs"])
    values: dict[str, Any] = {"state": JobState.RUNNING, "done": min(job.total, job.done + done.seen)}
    if not has_more:
        values |= {"state": JobState.DONE, "finished_at": now, "done": job.total}
    values["result"] = {**result, "place": place} if has_more else result
    session.execute(update(Job).where(Job.id == job_id).values(values))
    return has_more


def _next_runs(session: Session, job: Job, place: list[Any], now: datetime) -> tuple[ActDone, list[Any]]:
    """What was done, and where the next step begins: a run, and the serial after which."""
    runs, done = job.parameters["runs"], ActDone()
    number, after_serial = place
    for _ in range(RUNS_A_STEP):
        if number >= len(runs) or done.seen >= CARDS_A_STEP:
            break
        order = order_on(CardRange(*runs[number]), job.parameters)
        step = change_cards(session, order, actor_of(job), now, after_serial=after_serial)
        done, after_serial = done + step.done, step.last_serial
        number += after_serial is None
    return done, [number, after_serial]
