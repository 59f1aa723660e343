"""What every way in has in common: the row of whoever enters, what a wrong entry counts for, and what a right one does.

Wrong passwords, codes and keys count alike, on the operator and on the address.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from billing.guard import GuardRules
from billing.states import EntryKind
from models import Operator
from services.audit.audit import Act, Actor, Door, note
from services.guard.guard import EntryAttempt, may_try, record_failure
from services.operators.operator_facts import HAS_PASSKEY, OperatorFacts, find_operator_by

FAILURES_MAX = 5
LOCK_MINUTES = 15  # doubled with each further wrong entry, up to a day
LOCK_MINUTES_MAX = 1_440


class NotSignedIn(StrEnum):
    """An unknown name, a wrong password, a locked and a disabled operator get one answer."""

    NOT_ACCEPTED = "not_accepted"
    TRY_LATER = "try_later"  # too many wrong entries came from this address
    KEY_COPIED = "key_copied"  # a security key of the operator whose counter went back


@dataclass(frozen=True, slots=True)
class PasswordRight:
    """The password alone lets nobody in who has a second factor: a code or a key comes next. Wrong entries are not
    forgiven yet: whoever has the password could else try codes without end.
    """

    operator_id: int
    version: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry at the door: from where, when, and by which rules it is guarded."""

    address: str
    now: datetime
    rules: GuardRules

    @property
    def attempt(self) -> EntryAttempt:
        return EntryAttempt(EntryKind.CONSOLE, Door.CONSOLE, 0, address=self.address)


def is_braked(session: Session, entry: Entry) -> bool:
    """Too many wrong entries came from this address."""
    return not may_try(session, entry.attempt, entry.now, entry.rules).allowed


def locked_row(session: Session, condition: ColumnElement[bool]) -> Any:  # noqa: ANN401 (a row of these columns)
    columns = (
        Operator.id,
        Operator.name,
        Operator.password_hash,
        Operator.password_until,
        Operator.is_enabled,
        Operator.locked_until,
        Operator.version,
        Operator.totp_sealed,
        Operator.totp_step,
        Operator.recovery_codes,
        HAS_PASSKEY.label("has_passkey"),
    )
    return session.execute(select(*columns).where(condition).with_for_update(of=Operator)).one_or_none()


def halfway_row(session: Session, right: PasswordRight, now: datetime) -> tuple[Any, bool]:
    """The row of whoever entered the right password, and whether it is still the operator of that moment."""
    row = locked_row(session, Operator.id == right.operator_id)
    is_same = row is not None and row.version == right.version and row.is_enabled and not is_locked(row, now)
    return row, is_same


def is_locked(row: Any, now: datetime) -> bool:  # noqa: ANN401 (a row)
    return row.locked_until is not None and now < row.locked_until


def refused(session: Session, row: Any, name: str, entry: Entry) -> NotSignedIn:  # noqa: ANN401 (a row)
    """Count it on the operator and on the address."""
    if row is not None and not is_locked(row, entry.now):
        _count(session, row.id, entry.now)
    counted = record_failure(session, entry.attempt, entry.now, entry.rules)
    actor = Actor(name.strip()[:80] or "nobody" if row is None else row.name, Door.CONSOLE, entry.address)
    note(session, actor, Act("sign-in failed", "operator", row.name if row else "unknown"), entry.now)
    return NotSignedIn.NOT_ACCEPTED if counted else NotSignedIn.TRY_LATER


def signed_in(session: Session, operator_id: int, entry: Entry, act: str = "signed in") -> OperatorFacts:
    """`act` says what was used besides the password, where it is no code of the app."""
    cleared = {"failures_in_row": 0, "locked_until": None, "signed_in_at": entry.now}
    session.execute(update(Operator).where(Operator.id == operator_id).values(cleared))
    operator = find_operator_by(session, Operator.id == operator_id)
    if operator is None:
        raise LookupError(f"operator {operator_id} is gone")
    note(session, Actor(operator.name, Door.CONSOLE, entry.address), Act(act, "operator", operator.name), entry.now)
    return operator


def _count(session: Session, operator_id: int, now: datetime) -> None:
    count = update(Operator).where(Operator.id == operator_id).values(failures_in_row=Operator.failures_in_row + 1)
    failures = session.scalars(count.returning(Operator.failures_in_row)).one()
    if failures >= FAILURES_MAX:
        minutes = min(LOCK_MINUTES << min(failures - FAILURES_MAX, 10), LOCK_MINUTES_MAX)
        locked = update(Operator).where(Operator.id == operator_id)
        session.execute(locked.values(locked_until=now + timedelta(minutes=minutes)))
