"""A test call over exactly one carrier, asked for by an operator: a job of whoever runs Asterisk. It spends the money
that the carrier asks, no card's: it has no hold and no call record, and counts in no report.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.phone import DESTINATION_DIGITS_MIN
from billing.rights import Right, RightMissing
from billing.routing_plan import dialled_number
from billing.states import JobState
from models import Account, Client, Job
from services.audit.audit import Act, Actor, note
from services.jobs.ask_job import UNFINISHED, ask_job, find_asked, lock_job
from services.store.fields import Field, FieldKind, FieldsRefused, checked_values

CARRIER_TEST: Final = "carrier_test"
DIGITS_MAX: Final = 15  # E.164
GRACE: Final = timedelta(seconds=60)  # beyond ring and talk: then Asterisk is taken to have lost it
TEST_FIELDS: Final = (
    Field("number", FieldKind.TEXT, "The number to call, in international digits.", most=20),
    Field("caller_id", FieldKind.TEXT, "The number that the carrier is shown; empty: none.", most=20, is_optional=True),
    Field("talk_seconds", FieldKind.WHOLE, "Hung up so long after the answer.", least=1, most=60),
)


def ask_carrier_test(
    session: Session, account_id: int, values: Mapping[str, Any], token: str, actor: Actor, now: datetime
) -> int:
    """The id of the job; the same form sent twice calls once."""
    if Right.MANAGE_ROUTES not in actor.rights:
        raise RightMissing(Right.MANAGE_ROUTES)
    carrier = testable_carrier(session, account_id)
    checked = checked_values(TEST_FIELDS, values, is_new=True)
    number, caller_id = _digits("number", checked.get("number")), _digits("caller_id", checked.get("caller_id") or "")
    if not number:
        raise FieldsRefused({"number": "The number is needed."})
    dialled = dialled_number(number, carrier.terminator_tech_prefix, carrier.add_prefix, carrier.cut_prefix)
    terms = {
        "carrier": carrier.endpoint,
        "number": dialled,
        "caller_id": caller_id,
        "ring_seconds": carrier.ring_seconds,
        "talk_seconds": checked["talk_seconds"],
    }
    key = f"{account_id}:{token}"
    is_new = find_asked(session, CARRIER_TEST, key) is None
    job_id = ask_job(session, CARRIER_TEST, key, 1, {"terms": terms}, actor, now)
    if is_new:
        note(session, actor, Act("carrier.tested", "account", str(account_id), after={**terms, "number": number}), now)
    return job_id


def begin_carrier_test(session: Session, job_id: int, now: datetime) -> bool:
    """True for whoever may dial it now: nobody dials it twice, also not after a worker that was killed."""
    job = lock_job(session, job_id)
    if job.state is not JobState.WAITING:
        return False
    values = {"state": JobState.RUNNING, "result": {"begun_at": now.isoformat()}}
    session.execute(update(Job).where(Job.id == job_id).values(values))
    return True


def end_carrier_test(session: Session, job_id: int, result: Mapping[str, Any], now: datetime) -> None:
    job = lock_job(session, job_id)
    if job.state in UNFINISHED:
        done = {"state": JobState.DONE, "done": 1, "finished_at": now, "result": dict(result)}
        session.execute(update(Job).where(Job.id == job_id).values(done))


def is_lost(job: Job, now: datetime) -> bool:
    """Its end should have been told long ago."""
    terms = job.parameters["terms"]
    begun_at = datetime.fromisoformat((job.result or {})["begun_at"])
    return now > begun_at + timedelta(seconds=terms["ring_seconds"] + terms["talk_seconds"]) + GRACE


def testable_carrier(session: Session, account_id: int) -> Account:
    """Raises FieldsRefused where it takes no calls."""
    query = select(Account).join(Client, Client.id == Account.client_id).where(Account.id == account_id)
    is_used = (Account.terminator_enabled, Account.deleted_at.is_(None), Client.is_enabled, Client.deleted_at.is_(None))
    carrier = session.scalars(query.where(*is_used)).one_or_none()
    if carrier is None:
        raise FieldsRefused({"": "This account takes no calls: switch its terminator settings and client on first."})
    return carrier


def _digits(name: str, text: str | None) -> str:
    digits = (text or "").replace(" ", "").lstrip("+")
    is_number = digits.isascii() and digits.isdigit() and DESTINATION_DIGITS_MIN <= len(digits) <= DIGITS_MAX
    if digits and not is_number:
        raise FieldsRefused({name: f"Write {DESTINATION_DIGITS_MIN} to {DIGITS_MAX} digits, with or without +."})
    return digits
