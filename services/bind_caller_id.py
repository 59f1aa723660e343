"""Bind a phone to a card: one caller id, one card, over the whole platform; the newest wins unless the group
denies it.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from models import BindingAct, CallerIdBinding, CallerIdBindingEvent
from services.card_facts import CardFacts
from services.upsert import insert_or_skip


class BindOutcome(StrEnum):
    BOUND = "bound"
    ALREADY_BOUND = "already_bound"
    DENIED = "denied"  # the card keeps its other phone (M-34)


def bind_caller_id(session: Session, caller_id: str, card: CardFacts, now: datetime, actor: str) -> BindOutcome:
    """Make `caller_id` (international form, no "+") the phone of the card. The phone leaves the card it had, and
    the card the phone it had, in this one transaction (M-39); with `pinless_deny_double_use` a card that has a
    phone keeps it.
    """
    rows = session.execute(
        select(CallerIdBinding.caller_id, CallerIdBinding.card_id)
        .where((CallerIdBinding.caller_id == caller_id) | (CallerIdBinding.card_id == card.card_id))
        .with_for_update()
    )
    standing = dict(rows.all())
    if standing.get(caller_id) == card.card_id:
        return BindOutcome.ALREADY_BOUND
    has_another_phone = any(card_id == card.card_id for card_id in standing.values())
    if has_another_phone and card.group.pinless_deny_double_use:
        return BindOutcome.DENIED
    for old_caller_id, old_card_id in standing.items():
        unbind_caller_id(session, old_caller_id, old_card_id, now, actor)
    taken = insert_or_skip(session, CallerIdBinding, caller_id=caller_id, card_id=card.card_id, bound_at=now)
    if not taken:
        # Two phones with one right PIN at the same instant: the other was first, and this call goes on unbound.
        return BindOutcome.DENIED
    _note(session, caller_id, card.card_id, BindingAct.BOUND, now, actor)
    return BindOutcome.BOUND


def unbind_caller_id(session: Session, caller_id: str, card_id: int, now: datetime, actor: str) -> bool:
    """Free the phone from the card; False if it was not bound to it."""
    this_one = (CallerIdBinding.caller_id == caller_id) & (CallerIdBinding.card_id == card_id)
    removed = session.execute(
        delete(CallerIdBinding).where(this_one).returning(CallerIdBinding.caller_id)
    ).one_or_none()
    if removed is None:
        return False
    _note(session, caller_id, card_id, BindingAct.UNBOUND, now, actor)
    return True


def _note(session: Session, caller_id: str, card_id: int, act: BindingAct, now: datetime, actor: str) -> None:
    event = {"caller_id": caller_id, "card_id": card_id, "act": act, "happened_at": now, "actor": actor}
    session.execute(insert(CallerIdBindingEvent).values(event))
