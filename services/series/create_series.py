"""Create a small card series with all its cards in one transaction; large ones are made by chunks (generate_cards)."""

from datetime import datetime, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.card_number import card_number
from models import Card
from services.audit.audit import Actor
from services.keys.pin_keys import KeySource
from services.series.generate_cards import make_chunk
from services.series.open_series import find_job, open_series
from services.series.series_terms import NewCard, NewSeries, SeriesRefused

__all__ = ["NewCard", "NewSeries", "SeriesRefused", "create_series"]
QUANTITY_AT_ONCE_MAX = 1_000


def create_series(
    session: Session,
    keys: KeySource,
    terms: NewSeries,
    now: datetime,
    zone: tzinfo | None = None,
    actor: Actor | None = None,
) -> list[NewCard]:
    """The cards of the new series, in the order of their serials. `zone` is the platform's: an expiration date ends
    by it. Without an actor (a new installation) nothing is noted in the audit log.
    """
    if terms.quantity > QUANTITY_AT_ONCE_MAX:
        raise SeriesRefused(f"More than {QUANTITY_AT_ONCE_MAX} cards are made by a job: callingcard series generate.")
    if find_job(session, terms.number):
        raise SeriesRefused(f"There is a series {terms.number} already: choose another series number.")
    job_id = open_series(session, terms, actor, now, zone)
    pins: dict[str, str] = {}
    while True:
        making, batch = make_chunk(session, keys, job_id, now)
        if batch is None:
            break
        pins |= zip(batch.numbers, batch.pins, strict=True)
    cards = select(Card.id, Card.number, Card.serial).where(Card.series_id == making.series_id).order_by(Card.serial)
    return [
        NewCard(card_id, card_number(terms.number, serial), pins[number])
        for card_id, number, serial in session.execute(cards)
    ]
