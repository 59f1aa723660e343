"""A call that an operator places from the console's own phone: by right, to a number of ours, audited."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.rights import Right, RightMissing
from models import AccessNumber
from services.audit.audit import Act, Actor, note


class Phone(StrEnum):
    """From which of the console's phones."""

    TEXT = "text"
    BROWSER = "browser"


class TryRefused(ValueError):
    """No call is placed; the sentence says why."""


def note_tried_call(
    session: Session, access_number: str, caller_id: str, phone: Phone, actor: Actor, now: datetime
) -> None:
    """Commit it before the call is placed: whoever calls with the number of a known phone spends its card."""
    if Right.TRY_CALLS not in actor.rights:
        raise RightMissing(Right.TRY_CALLS)
    known = select(AccessNumber.id).where(AccessNumber.number == access_number)
    if session.scalars(known).one_or_none() is None:
        raise TryRefused(f"{access_number[:20]!r} is no access number of this platform: choose one of the list.")
    told = {"caller_id": caller_id or "withheld", "phone": phone.value}
    note(session, actor, Act("call.tried", "access_number", access_number, after=told), now)
