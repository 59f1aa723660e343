"""Sign in: name and password, then the second factor where one is set; guarded by the guard that every door shares and
by a lock of the operator's own, which both steps count on.
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
from services.keys.pin_keys import PinKeys
from services.operators.operator_facts import OperatorFacts, find_operator_by, name_key
from services.operators.passwords import is_password
from services.operators.recovery_codes import code_digest
from services.operators.totp import DIGITS, find_step, open_secret

FAILURES_MAX = 5
LOCK_MINUTES = 15  # doubled with each further wrong entry, up to a day
LOCK_MINUTES_MAX = 1_440


class NotSignedIn(StrEnum):
    """An unknown name, a wrong password, a locked and a disabled operator get one answer."""

    NOT_ACCEPTED = "not_accepted"
    TRY_LATER = "try_later"  # too many wrong entries came from this address


@dataclass(frozen=True, slots=True)
class PasswordRight:
    """The password alone lets nobody in who has a second factor: `enter_second_factor` comes next. Wrong entries are
    not forgiven yet: whoever has the password could else try codes without end.
    """

    operator_id: int
    version: int


def sign_in(
    session: Session, name: str, password: str, address: str, now: datetime, rules: GuardRules
) -> OperatorFacts | PasswordRight | NotSignedIn:
    """Whoever is locked is not even compared: the right password at that time is as good as a wrong one."""
    if not may_try(session, _attempt(address), now, rules).allowed:
        return NotSignedIn.TRY_LATER
    row = _locked_row(session, Operator.name_key == name_key(name))
    is_locked = row is not None and _is_locked(row, now)
    is_closed = row is None or is_locked or _is_past(row, now)
    is_right = is_password(None if is_closed else row.password_hash, password)
    if row is None or not is_right or not row.is_enabled:
        return _refused(session, row, name, address, now, rules)
    if row.totp_sealed is not None:
        return PasswordRight(row.id, row.version)
    return _signed_in(session, row.id, address, now)


def enter_second_factor(
    session: Session, right: PasswordRight, code: str, keys: PinKeys, address: str, now: datetime, rules: GuardRules
) -> OperatorFacts | NotSignedIn:
    """A code of the app, or a recovery code; each is good once. An operator who was changed since the password was
    entered begins anew.
    """
    if not may_try(session, _attempt(address), now, rules).allowed:
        return NotSignedIn.TRY_LATER
    row = _locked_row(session, Operator.id == right.operator_id)
    is_same = row is not None and row.version == right.version and row.is_enabled and not _is_locked(row, now)
    used = _used(row, code, keys, now) if is_same and row.totp_sealed is not None else None
    if row is None or used is None:
        return _refused(session, row, "unknown", address, now, rules)
    session.execute(update(Operator).where(Operator.id == row.id).values(used))
    return _signed_in(session, row.id, address, now, by_recovery="recovery_codes" in used)


def _used(row: Any, entered: str, keys: PinKeys, now: datetime) -> dict[str, Any] | None:  # noqa: ANN401 (a row)
    """What changes when this code is taken; None: it is not good."""
    code = "".join(letter for letter in entered if letter.isalnum())
    if code.isascii() and code.isdigit() and len(code) == DIGITS:
        step = find_step(open_secret(keys, row.id, row.totp_sealed), code, now, row.totp_step)
        return None if step is None else {"totp_step": step}
    digest = code_digest(code)
    if digest not in row.recovery_codes:
        return None
    return {"recovery_codes": [one for one in row.recovery_codes if one != digest]}


def _locked_row(session: Session, condition: ColumnElement[bool]) -> Any:  # noqa: ANN401 (a row of these columns)
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
    )
    return session.execute(select(*columns).where(condition).with_for_update()).one_or_none()


def _is_locked(row: Any, now: datetime) -> bool:  # noqa: ANN401
    return row.locked_until is not None and now < row.locked_until


def _is_past(row: Any, now: datetime) -> bool:  # noqa: ANN401
    """A drawn password waits some days for its operator, not for ever."""
    return row.password_until is not None and now >= row.password_until


def _refused(
    session: Session,
    row: Any,  # noqa: ANN401
    name: str,
    address: str,
    now: datetime,
    rules: GuardRules,
) -> NotSignedIn:
    """Count it on the operator and on the address."""
    if row is not None and not _is_locked(row, now):
        _count(session, row.id, now)
    counted = record_failure(session, _attempt(address), now, rules)
    actor = Actor(name.strip()[:80] or "nobody" if row is None else row.name, Door.CONSOLE, address)
    note(session, actor, Act("sign-in failed", "operator", row.name if row else "unknown"), now)
    return NotSignedIn.NOT_ACCEPTED if counted else NotSignedIn.TRY_LATER


def _signed_in(
    session: Session, operator_id: int, address: str, now: datetime, *, by_recovery: bool = False
) -> OperatorFacts:
    cleared = {"failures_in_row": 0, "locked_until": None, "signed_in_at": now}
    session.execute(update(Operator).where(Operator.id == operator_id).values(cleared))
    operator = find_operator_by(session, Operator.id == operator_id)
    if operator is None:
        raise LookupError(f"operator {operator_id} is gone")
    act = "signed in by a recovery code" if by_recovery else "signed in"
    note(session, Actor(operator.name, Door.CONSOLE, address), Act(act, "operator", operator.name), now)
    return operator


def _count(session: Session, operator_id: int, now: datetime) -> None:
    count = update(Operator).where(Operator.id == operator_id).values(failures_in_row=Operator.failures_in_row + 1)
    failures = session.scalars(count.returning(Operator.failures_in_row)).one()
    if failures >= FAILURES_MAX:
        minutes = min(LOCK_MINUTES << min(failures - FAILURES_MAX, 10), LOCK_MINUTES_MAX)
        locked = update(Operator).where(Operator.id == operator_id)
        session.execute(locked.values(locked_until=now + timedelta(minutes=minutes)))


def _attempt(address: str) -> EntryAttempt:
    return EntryAttempt(EntryKind.CONSOLE, Door.CONSOLE, 0, address=address)
