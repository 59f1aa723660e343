"""Unlock what the guard locked: a caller id, an address, a line in alarm, or a card; each act is audited (V-25)."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from billing.card_number import keyed_number
from billing.states import GuardScope
from models import Card, GuardCounter
from services.audit.audit import Act, Actor, note


def unlock_subject(
    session: Session, scope: GuardScope, subject: str, actor: Actor, now: datetime, reason: str | None = None
) -> int:
    """Forget what was counted against this subject; how many counters were forgotten (0: nothing was held against it).

    A caller id is freed of its lock on all access numbers for calls without a destination as well. The budget of the
    day and the list of wrong entries stay.
    """
    held: ColumnElement[bool] = (GuardCounter.scope == scope) & (GuardCounter.subject == subject)
    if scope is GuardScope.CALLER_ID:
        undialled = GuardCounter.subject.startswith(f"{subject}@", autoescape=True)
        held = or_(held, (GuardCounter.scope == GuardScope.UNDIALLED) & undialled)
    freed = session.execute(
        delete(GuardCounter).where(held).returning(GuardCounter.failures, GuardCounter.locked_until)
    ).all()
    if freed:
        until = max((row.locked_until for row in freed if row.locked_until), default=None)
        before = {"failures": sum(row.failures for row in freed), "locked_until": until.isoformat() if until else None}
        note(session, actor, Act("guard.unlock", scope.value, subject, before, {"failures": 0}, reason), now)
    return len(freed)


def unlock_card(session: Session, number: str, actor: Actor, now: datetime, reason: str | None = None) -> bool:
    """Free a card of its lock and its row of wrong PINs; False if there was neither, or no such card."""
    query = select(Card.id, Card.pin_failures, Card.locked_until).where(Card.number == keyed_number(number))
    card = session.execute(query.with_for_update(key_share=True)).one_or_none()
    if card is None or (card.locked_until is None and card.pin_failures == 0):
        return False
    session.execute(update(Card).where(Card.id == card.id).values(pin_failures=0, locked_until=None))
    until = card.locked_until.isoformat() if card.locked_until else None
    before = {"pin_failures": card.pin_failures, "locked_until": until}
    after = {"pin_failures": 0, "locked_until": None}
    note(session, actor, Act("guard.unlock", "card", str(card.id), before, after, reason), now)
    return True
