"""Move what belongs to the holder of a card, not to the card: the bound phone and the short numbers."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models import CallerIdBinding, SpeedDial
from services.calls.bind_caller_id import BindOutcome, bind_caller_id, unbind_caller_id
from services.cards.card_facts import CardFacts


def move_belongings(session: Session, old: CardFacts, new: CardFacts, now: datetime, actor: str) -> dict[str, Any]:
    """What was moved, for the audit log."""
    return {
        "phones": _move_phones(session, old, new, now, actor),
        "short_numbers": _move_short_numbers(session, old, new),
    }


def _move_phones(session: Session, old: CardFacts, new: CardFacts, now: datetime, actor: str) -> list[str]:
    """The phone takes the place of one that the new card has; where the group denies that, it is bound to no card:
    left on the old one, every call of it would be refused.
    """
    bound = select(CallerIdBinding.caller_id).where(CallerIdBinding.card_id == old.card_id)
    moved = []
    for phone in session.scalars(bound).all():
        if bind_caller_id(session, phone, new, now, actor) is BindOutcome.DENIED:
            unbind_caller_id(session, phone, old.card_id, now, actor)
        else:
            moved.append(phone)
    return moved


def _move_short_numbers(session: Session, old: CardFacts, new: CardFacts) -> int:
    """Those that the new card has already stay as they are."""
    taken = select(SpeedDial.slot).where(SpeedDial.card_id == new.card_id)
    free = (SpeedDial.card_id == old.card_id) & SpeedDial.slot.not_in(session.scalars(taken).all())
    moved = session.scalars(
        update(SpeedDial)
        .where(free)
        .values(card_id=new.card_id)
        .returning(SpeedDial.slot)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(delete(SpeedDial).where(SpeedDial.card_id == old.card_id))
    return len(moved)
