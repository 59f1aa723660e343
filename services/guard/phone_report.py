"""One phone: which card knows it, which ones did, and whether it is locked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.states import GuardScope
from models import BlockedPhone, CallerIdBinding, CallerIdBindingEvent, Card, FailedEntry, GuardCounter

EVENTS_SHOWN_MAX = 50


@dataclass(frozen=True, slots=True)
class PhoneReport:
    """`blocked` is the block against it, if there is one; `locked_until` ends by itself. `events` are the newest
    bindings first, each with the card's number.
    """

    phone: str
    card: str | None
    bound_at: datetime | None
    locked_until: datetime | None
    blocked: BlockedPhone | None
    wrong_entries: int
    events: tuple[Any, ...]


def phone_report(session: Session, phone: str, now: datetime) -> PhoneReport:
    """Also of a phone of which nothing is known."""
    bound = session.execute(
        select(Card.number, CallerIdBinding.bound_at)
        .join(Card, Card.id == CallerIdBinding.card_id)
        .where(CallerIdBinding.caller_id == phone)
    ).one_or_none()
    is_it = (GuardCounter.scope == GuardScope.CALLER_ID) & (GuardCounter.subject == phone)
    locked = session.scalars(select(GuardCounter.locked_until).where(is_it)).one_or_none()
    events = (
        select(CallerIdBindingEvent.happened_at, CallerIdBindingEvent.act, Card.number, CallerIdBindingEvent.actor)
        .join(Card, Card.id == CallerIdBindingEvent.card_id)
        .where(CallerIdBindingEvent.caller_id == phone)
        .order_by(CallerIdBindingEvent.id.desc())
        .limit(EVENTS_SHOWN_MAX)
    )
    wrong = select(func.count()).select_from(FailedEntry).where(FailedEntry.caller_id == phone)
    return PhoneReport(
        phone,
        None if bound is None else bound.number,
        None if bound is None else bound.bound_at,
        locked if locked is not None and locked > now else None,
        session.scalars(select(BlockedPhone).where(BlockedPhone.caller_id == phone)).one_or_none(),
        session.scalars(wrong).one(),
        tuple(session.execute(events).all()),
    )
