"""Whose cards an operator may see: all, a reseller's own series, or the cards handed to a distributor (JC-12)."""

from sqlalchemy import ColumnElement, exists, select, true
from sqlalchemy.orm import Session

from models import Card, CardSeries
from services.operators.operator_facts import OperatorFacts


def series_scope(operator: OperatorFacts) -> ColumnElement[bool]:
    """A condition on CardSeries."""
    if operator.reseller_id is not None:
        return CardSeries.reseller_id == operator.reseller_id
    if operator.distributor_id is not None:
        return exists().where(Card.series_id == CardSeries.id, Card.distributor_id == operator.distributor_id)
    return true()


def card_scope(operator: OperatorFacts) -> ColumnElement[bool]:
    """A condition on Card joined with its CardSeries."""
    if operator.reseller_id is not None:
        return CardSeries.reseller_id == operator.reseller_id
    if operator.distributor_id is not None:
        return Card.distributor_id == operator.distributor_id
    return true()


def series_ids(session: Session, operator: OperatorFacts) -> list[int]:
    """Of a reseller, as values: an index serves them where it does not serve a join."""
    return list(session.scalars(select(CardSeries.id).where(series_scope(operator)).order_by(CardSeries.id)))


def sees_all_cards(operator: OperatorFacts) -> bool:
    return operator.reseller_id is None and operator.distributor_id is None
