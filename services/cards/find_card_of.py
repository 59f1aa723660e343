"""A card by its number, as an operator may see it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.card_number import find_series_and_serial, keyed_number
from models import Card, CardSeries
from services.cards.card_facts import CardFacts, find_card
from services.operators.operator_facts import OperatorFacts
from services.operators.scope import card_scope


def find_card_of(session: Session, operator: OperatorFacts, number: str) -> CardFacts | None:
    """With or without the dash. A card of somebody else is as unknown as one that does not exist (F38)."""
    if find_series_and_serial(number) is None:
        return None
    mine = (
        select(Card.id)
        .join(CardSeries, CardSeries.id == Card.series_id)
        .where(Card.number == keyed_number(number), card_scope(operator))
    )
    return find_card(session, Card.id.in_(mine))
