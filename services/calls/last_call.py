"""The last call of a card, for its holder."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CallRecord, Card


@dataclass(frozen=True, slots=True)
class LastCall:
    """`destination` is in international digits; it can be dialled again as it stands."""

    placed_at: datetime
    destination: str
    talk_seconds: int
    cost_micros: int
    currency: str


@dataclass(frozen=True, slots=True)
class CardHistory:
    """What the account information tells."""

    activated_at: datetime | None
    last_call: LastCall | None


def card_history(session: Session, card_id: int) -> CardHistory:
    """An unanswered call counts too: its holder may want to try it once more."""
    activated_at = session.scalars(select(Card.activated_at).where(Card.id == card_id)).one()
    newest = session.execute(
        select(
            CallRecord.placed_at,
            CallRecord.destination,
            CallRecord.talk_seconds,
            CallRecord.cost_micros,
            CallRecord.currency,
        )
        .where(CallRecord.card_id == card_id)
        .order_by(CallRecord.placed_at.desc())
        .limit(1)
    ).one_or_none()
    return CardHistory(activated_at, None if newest is None else LastCall(*newest))
