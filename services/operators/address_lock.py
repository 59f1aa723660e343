"""Until when an address may not sign in: of the address, not of a name, so that it tells nothing of who exists."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import EntryKind
from models import GuardCounter
from services.audit.audit import Door
from services.guard.guard_entry import EntryAttempt


def address_locked_until(session: Session, address: str, now: datetime) -> datetime | None:
    """None: it may try."""
    scope, subject = EntryAttempt(EntryKind.CONSOLE, Door.CONSOLE, 0, address=address).person
    mine = select(GuardCounter.locked_until).where(GuardCounter.scope == scope, GuardCounter.subject == subject)
    until = session.scalars(mine).one_or_none()
    return until if until is not None and until > now else None
