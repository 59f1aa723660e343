"""Whether the holder of a card may log in to the portal, for whoever helps that holder."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Card, CardSeries
from services.holders.log_in import OPEN_TO_HOLDERS


def may_log_in(session: Session, card_id: int) -> bool:
    """By the rule of the log-in itself; a lock after wrong PINs is left aside, since it passes."""
    query = select(Card.id).join(CardSeries, CardSeries.id == Card.series_id)
    return session.scalars(query.where(Card.id == card_id, *OPEN_TO_HOLDERS)).one_or_none() is not None
