"""Sign in: name and password, then a code where a second factor is set; guarded by the guard that every door shares and
by a lock of the operator's own, which both steps count on. A security key in place of the code: enter_passkey.py.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from billing.guard import GuardRules
from models import Operator
from services.keys.pin_keys import PinKeys
from services.operators.entries import (
    FAILURES_MAX,
    LOCK_MINUTES,
    Entry,
    NotSignedIn,
    PasswordRight,
    halfway_row,
    is_braked,
    is_locked,
    locked_row,
    refused,
    signed_in,
)
from services.operators.operator_facts import OperatorFacts, name_key
from services.operators.passwords import is_password
from services.operators.recovery_codes import code_digest
from services.operators.totp import DIGITS, find_step, open_secret

__all__ = ["FAILURES_MAX", "LOCK_MINUTES", "NotSignedIn", "PasswordRight", "enter_second_factor", "sign_in"]


def sign_in(
    session: Session, name: str, password: str, address: str, now: datetime, rules: GuardRules
) -> OperatorFacts | PasswordRight | NotSignedIn:
    """Whoever is locked is not even compared: the right password at that time is as good as a wrong one."""
    entry = Entry(address, now, rules)
    if is_braked(session, entry):
        return NotSignedIn.TRY_LATER
    row = locked_row(session, Operator.name_key == name_key(name))
    is_closed = row is None or is_locked(row, now) or _is_past(row, now)
    is_right = is_password(None if is_closed else row.password_hash, password)
    if row is None or not is_right or not row.is_enabled:
        return refused(session, row, name, entry)
    if row.totp_sealed is not None or row.has_passkey:
        return PasswordRight(row.id, row.version)
    return signed_in(session, row.id, entry)


def enter_second_factor(
    session: Session, right: PasswordRight, code: str, keys: PinKeys, address: str, now: datetime, rules: GuardRules
) -> OperatorFacts | NotSignedIn:
    """A code of the app, or a recovery code; each is good once. An operator who was changed since the password was
    entered begins anew.
    """
    entry = Entry(address, now, rules)
    if is_braked(session, entry):
        return NotSignedIn.TRY_LATER
    row, is_same = halfway_row(session, right, now)
    used = _used(row, code, keys, now) if is_same else None
    if row is None or used is None:
        return refused(session, row, "unknown", entry)
    session.execute(update(Operator).where(Operator.id == row.id).values(used))
    is_recovery = "recovery_codes" in used
    act = "signed in by a recovery code" if is_recovery else "signed in"
    return signed_in(session, row.id, entry, act)


def _used(row: Any, entered: str, keys: PinKeys, now: datetime) -> dict[str, Any] | None:  # noqa: ANN401 (a row)
    """What changes when this code is taken; None: it is not good."""
    code = "".join(letter for letter in entered if letter.isalnum())
    if code.isascii() and code.isdigit() and len(code) == DIGITS and row.totp_sealed is not None:
        step = find_step(open_secret(keys, row.id, row.totp_sealed), code, now, row.totp_step)
        return None if step is None else {"totp_step": step}
    digest = code_digest(code)
    if digest not in row.recovery_codes:
        return None
    return {"recovery_codes": [one for one in row.recovery_codes if one != digest]}


def _is_past(row: Any, now: datetime) -> bool:  # noqa: ANN401
    """A drawn password waits some days for its operator, not for ever."""
    return row.password_until is not None and now >= row.password_until
