"""Bind a phone to a card: one caller id, one card, over the whole platform; the newest wins unless the group
denies it.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from models import BindingAct, CallerIdBinding, CallerIdBindingEvent, Card
from services.cards.card_facts import CardFacts
from services.store.upsert import insert_or_skip

RACES_MAX = 3  # how often another call of the same phone may come first before this one goes on unbound


class BindOutcome(StrEnum):
    BOUND = "bound"
    ALREADY_BOUND = "already_bound"
    DENIED = "denied"  # the card keeps its other phone (M-34)


def bind_caller_id(session: Session, caller_id: str, card: CardFacts, now: datetime, actor: str) -> BindOutcome:
    """Make `caller_id` (international form, no "+") the phone of the card. The phone leaves the card it had, and
    the card the phone it had, in this one transaction (M-39); with `pinless_deny_double_use` a card that has a
    phone keeps it.
    """
    # Two phones with one right PIN at the same instant come one after the other, so that the newest wins here too.
    # A sale of the card to a distributor waits too: what the binding copies of the card stays true.
    copied = select(Card.series_id, Card.distributor_id).where(Card.id == card.card_id)
    series_id, distributor_id = session.execute(copied.with_for_update(key_share=True)).one()
    row = {"caller_id": caller_id, "card_id": card.card_id, "series_id": series_id, "distributor_id": distributor_id}
    for _ in range(RACES_MAX):
        standing = _standing(session, caller_id, card.card_id)
        if standing.get(caller_id) == card.card_id:
            return BindOutcome.ALREADY_BOUND
        has_another_phone = any(card_id == card.card_id for card_id in standing.values())
        if has_another_phone and card.group.pinless_deny_double_use:
            return BindOutcome.DENIED
        if _replace(session, standing, row, now, actor):
            return BindOutcome.BOUND
    return BindOutcome.DENIED


def _standing(session: Session, caller_id: str, card_id: int) -> dict[str, int]:
    """The bindings that stand in the way, or are this one: card by phone. Always locked in one order."""
    query = (
        select(CallerIdBinding.caller_id, CallerIdBinding.card_id)
        .where((CallerIdBinding.caller_id == caller_id) | (CallerIdBinding.card_id == card_id))
        .order_by(CallerIdBinding.caller_id)
        .with_for_update()
    )
    return dict(session.execute(query).all())


def _replace(session: Session, standing: dict[str, int], row: dict[str, Any], now: datetime, actor: str) -> bool:
    """False, and nothing has changed, if this phone was just bound to another card by another call of it."""
    with session.begin_nested() as attempt:
        for old_caller_id, old_card_id in standing.items():
            unbind_caller_id(session, old_caller_id, old_card_id, now, actor)
        if insert_or_skip(session, CallerIdBinding, **row, bound_at=now):
            _note(session, row["caller_id"], row["card_id"], BindingAct.BOUND, now, actor)
            return True
        attempt.rollback()
    return False


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
