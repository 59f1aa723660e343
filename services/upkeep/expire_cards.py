"""Write the state `expired` for lists and reports. Whether a card may call is judged by its dates at each call, so that
a late job lets no expired card call (features.md 3.2).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from billing.states import CardStatus
from models import Card, CardGroup, CardSeries
from services.audit.audit import Actor
from services.cards.card_lock import in_chunks, lock_cards
from services.upkeep.charge_fees import book_due_fees
from services.upkeep.job_step import JobStep, SeriesShare, nothing

# A blocked card stays blocked: by its date it is expired as soon as it is unblocked.
EXPIRING = (CardStatus.INACTIVE, CardStatus.PENDING, CardStatus.ACTIVATED, CardStatus.USED)


def expire_cards(session: Session, card_ids: Sequence[int], actor: Actor, now: datetime) -> JobStep:
    """Each of these whose last day is over becomes `expired` and remembers its state. The fees of the periods that
    ended before are booked first, whichever job comes first.
    """
    step = nothing()
    for chunk in in_chunks(card_ids):
        lock_cards(session, chunk)
        book_due_fees(session, chunk, actor, now)
        past = Card.id.in_(chunk) & is_past(now)
        step += cards_by_series(session, past)
        session.execute(update(Card).where(past).values(status=CardStatus.EXPIRED, status_before=Card.status))
    return step


def is_past(now: datetime) -> ColumnElement[bool]:
    """Over Card: its last day is over and its state does not say so yet."""
    return (Card.expires_at <= now) & Card.status.in_(EXPIRING)


def cards_past(session: Session, now: datetime, *, after_card_id: int = 0, limit: int) -> list[int]:
    query = select(Card.id).where(is_past(now), Card.id > after_card_id).order_by(Card.id).limit(limit)
    return list(session.scalars(query))


def count_cards_past(session: Session, now: datetime) -> int:
    return session.scalars(select(func.count(Card.id)).where(is_past(now))).one()


def expiry_forecast(session: Session, card_ids: Sequence[int], now: datetime) -> JobStep:
    """What the job would do to these cards; nothing is written."""
    return cards_by_series(session, Card.id.in_(card_ids) & is_past(now))


def cards_by_series(session: Session, condition: ColumnElement[bool]) -> JobStep:
    query = (
        select(CardSeries.number, CardGroup.currency, func.count(Card.id))
        .join(CardSeries, CardSeries.id == Card.series_id)
        .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
        .where(condition)
        .group_by(CardSeries.number, CardGroup.currency)
    )
    rows = session.execute(query)
    return JobStep({number: SeriesShare(currency, cards, 0) for number, currency, cards in rows})
