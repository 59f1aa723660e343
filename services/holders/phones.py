"""The phones that call on a card without its PIN, for its holder: seen, and freed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CallerIdBinding
from services.audit.audit import Actor, Door
from services.calls.bind_caller_id import unbind_caller_id
from services.cards.card_facts import CardFacts


@dataclass(frozen=True, slots=True)
class BoundPhone:
    caller_id: str
    bound_at: datetime


def phones_of_card(session: Session, card_id: int) -> list[BoundPhone]:
    query = select(CallerIdBinding).where(CallerIdBinding.card_id == card_id).order_by(CallerIdBinding.caller_id)
    return [BoundPhone(one.caller_id, one.bound_at) for one in session.scalars(query)]


def free_phone(session: Session, card: CardFacts, caller_id: str, now: datetime) -> bool:
    """False: it is not of this card, or was freed before."""
    return unbind_caller_id(session, caller_id, card.card_id, now, str(Actor(card.number, Door.PORTAL)))
