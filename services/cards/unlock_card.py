"""Unlock a card that wrong PINs have locked (V-25)."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Card
from services.audit.audit import Act, Actor, note


def unlock_card(session: Session, card_id: int, actor: Actor, now: datetime) -> bool:
    """The count of wrong PINs begins anew. False: the card was neither locked nor had wrong PINs."""
    locked = select(Card.number, Card.locked_until, Card.pin_failures).where(Card.id == card_id)
    number, locked_until, failures = session.execute(locked.with_for_update(key_share=True)).one()
    if locked_until is None and not failures:
        return False
    session.execute(update(Card).where(Card.id == card_id).values(locked_until=None, pin_failures=0))
    before = {"locked_until": locked_until.isoformat() if locked_until else None, "pin_failures": failures}
    note(session, actor, Act("card.unlock", "card", number, before=before), now)
    return True
