"""The numbers that a card calls most, each with what the next call there costs and how long the money lasts."""

from datetime import datetime, timedelta, tzinfo
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.states import CallDisposition
from models import CallRecord
from services.cards.card_facts import CardFacts
from services.rates.simulate_call import AskedCall, SimulatedCall, SimulationRefused, simulate_card_call

FAVOURITES: Final = 3
DAYS: Final = 90
A_MINUTE_SECONDS: Final = 60


def favourites(session: Session, card: CardFacts, now: datetime, zone: tzinfo) -> list[SimulatedCall]:
    """The most answered calls first; what cannot be priced is left out."""
    calls = func.count()
    query = (
        select(CallRecord.destination)
        .where(
            CallRecord.card_id == card.card_id,
            CallRecord.placed_at > now - timedelta(days=DAYS),
            CallRecord.disposition == CallDisposition.ANSWERED,
        )
        .group_by(CallRecord.destination)
        .order_by(calls.desc(), CallRecord.destination)
        .limit(FAVOURITES)
    )
    priced = (next_call(session, card, number, now, zone) for number in session.scalars(query).all())
    return [call for call in priced if call is not None and call.rate is not None]


def next_call(session: Session, card: CardFacts, number: str, now: datetime, zone: tzinfo) -> SimulatedCall | None:
    """As it would be quoted now, with the cost of its first minute; None: the card has no number to dial in by."""
    try:
        return simulate_card_call(session, AskedCall(number, now, zone, A_MINUTE_SECONDS), card)
    except SimulationRefused:
        return None
