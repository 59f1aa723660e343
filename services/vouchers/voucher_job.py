"""The job that makes a batch of vouchers: opened with the batch, told how far it is, cancelled as a whole."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.states import JobState
from models import Job, VoucherBatch
from services.audit.audit import Act, Actor, note
from services.store.upsert import insert_or_skip

GENERATE_VOUCHERS: Final = "generate_vouchers"


def open_job(
    session: Session, batch_id: int, quantity: int, terms: Mapping[str, Any], actor: Actor, now: datetime
) -> None:
    asked = {"total": quantity, "asked_by": str(actor), "asked_at": now, "result": {"batch_id": batch_id}}
    insert_or_skip(session, Job, kind=GENERATE_VOUCHERS, key=str(batch_id), parameters={"terms": dict(terms)}, **asked)


def lock_voucher_job(session: Session, batch_id: int) -> Job | None:
    """Before the batch itself, as whoever cancels locks it; None for a batch of an older release."""
    query = select(Job).where(Job.kind == GENERATE_VOUCHERS, Job.key == str(batch_id)).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def find_voucher_job(session: Session, batch_id: int) -> int | None:
    return session.scalars(select(Job.id).where(Job.kind == GENERATE_VOUCHERS, Job.key == str(batch_id))).one_or_none()


def note_vouchers(session: Session, job: Job | None, done: int, now: datetime) -> None:
    """In the transaction of the vouchers."""
    if job is None or job.state is JobState.DONE:
        return
    is_last = done == job.total
    state = {"state": JobState.DONE, "finished_at": now} if is_last else {"state": JobState.RUNNING}
    session.execute(update(Job).where(Job.id == job.id).values(done=done, **state))


def forsake_vouchers(session: Session, job: Job, actor: Actor, now: datetime) -> None:
    """The job is locked, so that no chunk is on its way. The codes that were drawn are not drawn again."""
    batch_id = int((job.result or {})["batch_id"])
    session.execute(update(VoucherBatch).where(VoucherBatch.id == batch_id).values(cancelled_at=now))
    note(session, actor, Act("voucher_batch.cancelled", "voucher_batch", str(batch_id), after={"made": job.done}), now)
