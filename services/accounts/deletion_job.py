"""Delete an account of many calls by steps: switched off at once, its calls given back some thousands at a time, the
account marked at the end. No step holds the client's wallet for long (docs/decisions/0032).
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from billing.money import text_from_micros
from billing.rights import Right, RightMissing
from billing.states import JobState
from models import Account, CallRecord, Job
from services.accounts.delete_account import (
    GivenBack,
    check_no_call,
    counting,
    delete_account,
    disable_account,
    give_back,
    lock_wallet,
    preview_deletion,
)
from services.accounts.save_account import usable_account
from services.audit.audit import Actor
from services.jobs.ask_job import UNFINISHED, actor_of, ask_job, find_asked, lock_job

ACCOUNT_DELETE: Final = "account_delete"
CALLS_AT_ONCE_MAX: Final = 10_000  # a second or two: beyond that a page does not wait, nor do the client's calls
CALLS_A_STEP: Final = 2_000


def ask_deletion(
    session: Session, account_id: int, version: int | None, reason: str | None, token: str, actor: Actor, now: datetime
) -> int:
    """The id of the job; `token` is that of the form. Refused while calls of the account are up."""
    if Right.DELETE not in actor.rights:
        raise RightMissing(Right.DELETE)
    key = f"{account_id}:{token}"
    known = find_asked(session, ACCOUNT_DELETE, key)
    if known is not None:
        return known
    saved = disable_account(session, account_id, version, actor, now)
    check_no_call(session, usable_account(session, account_id, saved.version))
    deletion = preview_deletion(session, account_id)
    terms = {"account": deletion.account, "client": deletion.client, "reason": reason}
    parameters = {"account_id": account_id, "reason": reason, "terms": terms}
    return ask_job(session, ACCOUNT_DELETE, key, deletion.calls, parameters, actor, now)


def deletion_step(session: Session, job_id: int, now: datetime) -> bool:
    """The next calls; False at the end. Killed anywhere, the next step goes on where it was."""
    job = lock_job(session, job_id)
    if job.state not in UNFINISHED:
        return False
    account_id, before = int(job.parameters["account_id"]), job.result or {}
    which = _next_calls(session, account_id, before.get("place"))
    if which is None:
        _end(session, job, account_id, now)
        return False
    wallet_id = lock_wallet(session, usable_account(session, account_id, None))
    place = _last_placed(session, which)
    step = give_back(session, wallet_id, which, actor_of(job), now, job.parameters["reason"])
    result = {**_added(_of(before), step), "place": place.isoformat()}
    values = {"state": JobState.RUNNING, "done": min(job.total, job.done + step.calls), "result": result}
    session.execute(update(Job).where(Job.id == job_id).values(values))
    return True


def _next_calls(session: Session, account_id: int, place: str | None) -> ColumnElement[bool] | None:
    """In the order in which they were placed, from where the last step ended; all of one moment come together."""
    which = counting(account_id)
    if place is not None:
        which &= CallRecord.placed_at >= datetime.fromisoformat(place)
    moments = select(CallRecord.placed_at).where(which).order_by(CallRecord.placed_at)
    found = session.scalars(moments.limit(CALLS_A_STEP)).all()
    return which & (CallRecord.placed_at <= found[-1]) if found else None


def _last_placed(session: Session, which: ColumnElement[bool]) -> datetime:
    newest = select(CallRecord.placed_at).where(which).order_by(CallRecord.placed_at.desc()).limit(1)
    return session.scalars(newest).one()


def _end(session: Session, job: Job, account_id: int, now: datetime) -> None:
    """What was settled meanwhile is given back with the mark, all or nothing."""
    before = _of(job.result or {})
    rights, reason = frozenset({Right.DELETE}), job.parameters["reason"]
    how: dict[str, Any] = {"rights": rights, "reason": reason, "given_back": before}
    deletion = delete_account(session, account_id, None, actor_of(job), now, **how)
    last = GivenBack(deletion.calls, deletion.entries, deletion.refund_micros)
    added = _added(before, last)
    refund = f"{text_from_micros(added['refund_micros'])} {deletion.currency}"
    balance = f"{text_from_micros(deletion.balance_micros)} {deletion.currency}"
    told = {"calls": added["calls"], "entries": added["entries"], "given_back": refund, "balance": balance}
    done = {"state": JobState.DONE, "finished_at": now, "done": Job.total, "result": told}
    session.execute(update(Job).where(Job.id == job.id).values(done))


def _of(result: dict[str, Any]) -> GivenBack:
    return GivenBack(*(int(result.get(name, 0)) for name in GivenBack.__slots__))


def _added(before: GivenBack, step: GivenBack) -> dict[str, int]:
    return {name: getattr(before, name) + getattr(step, name) for name in GivenBack.__slots__}


def is_long(session: Session, account: Account) -> bool:
    """More calls than a page deletes at once."""
    query = select(CallRecord.call_id).where(counting(account.id)).limit(CALLS_AT_ONCE_MAX + 1)
    return len(session.scalars(query).all()) > CALLS_AT_ONCE_MAX
