"""Sign in: name and password, guarded by the guard that every door shares and by a lock of the operator's own."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.guard import GuardRules
from billing.states import EntryKind
from models import Operator
from services.audit.audit import Act, Actor, Door, note
from services.guard.guard import EntryAttempt, may_try, record_failure
from services.operators.operator_facts import OperatorFacts, find_operator_by, name_key
from services.operators.passwords import is_password

FAILURES_MAX = 5
LOCK_MINUTES = 15  # doubled with each further wrong password, up to a day
LOCK_MINUTES_MAX = 1_440


class NotSignedIn(StrEnum):
    """An unknown name, a wrong password, a locked and a disabled operator get one answer."""

    NOT_ACCEPTED = "not_accepted"
    TRY_LATER = "try_later"  # too many wrong entries came from this address


def sign_in(
    session: Session, name: str, password: str, address: str, now: datetime, rules: GuardRules
) -> OperatorFacts | NotSignedIn:
    """Whoever is locked is not even compared: the right password at that time is as good as a wrong one."""
    attempt = EntryAttempt(EntryKind.CONSOLE, Door.CONSOLE, 0, address=address)
    if not may_try(session, attempt, now, rules).allowed:
        return NotSignedIn.TRY_LATER
    row = session.execute(
        select(Operator.id, Operator.name, Operator.password_hash, Operator.is_enabled, Operator.locked_until)
        .where(Operator.name_key == name_key(name))
        .with_for_update()
    ).one_or_none()
    is_locked = row is not None and row.locked_until is not None and now < row.locked_until
    is_right = is_password(None if row is None or is_locked else row.password_hash, password)
    if row is not None and is_right and row.is_enabled:
        return _signed_in(session, row.id, address, now)
    if row is not None and not is_locked:
        _count(session, row.id, now)
    counted = record_failure(session, attempt, now, rules)
    actor = Actor(name.strip()[:80] or "nobody", Door.CONSOLE, address)
    note(session, actor, Act("sign-in failed", "operator", row.name if row else "unknown"), now)
    return NotSignedIn.NOT_ACCEPTED if counted else NotSignedIn.TRY_LATER


def is_own_password(session: Session, operator_id: int, password: str) -> bool:
    """For an act that asks for the password again."""
    stored = session.scalars(select(Operator.password_hash).where(Operator.id == operator_id)).one()
    return is_password(stored, password)


def _signed_in(session: Session, operator_id: int, address: str, now: datetime) -> OperatorFacts:
    cleared = {"failures_in_row": 0, "locked_until": None, "signed_in_at": now}
    session.execute(update(Operator).where(Operator.id == operator_id).values(cleared))
    operator = find_operator_by(session, Operator.id == operator_id)
    if operator is None:
        raise LookupError(f"operator {operator_id} is gone")
    note(session, Actor(operator.name, Door.CONSOLE, address), Act("signed in", "operator", operator.name), now)
    return operator


def _count(session: Session, operator_id: int, now: datetime) -> None:
    count = update(Operator).where(Operator.id == operator_id).values(failures_in_row=Operator.failures_in_row + 1)
    failures = session.scalars(count.returning(Operator.failures_in_row)).one()
    if failures >= FAILURES_MAX:
        minutes = min(LOCK_MINUTES << min(failures - FAILURES_MAX, 10), LOCK_MINUTES_MAX)
        locked = update(Operator).where(Operator.id == operator_id)
        session.execute(locked.values(locked_until=now + timedelta(minutes=minutes)))
