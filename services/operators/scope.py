"""Whose cards an operator may see: all, a reseller's own series, or the cards handed to a distributor (JC-12)."""

from typing import Any

from sqlalchemy import ColumnElement, exists, select, true
from sqlalchemy.orm import QueryableAttribute, Session

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


def series_ids(session: Session, operator: OperatorFacts, *which: ColumnElement[bool]) -> list[int]:
    """Of a reseller, as values: an index serves them where it does not serve a join."""
    return list(session.scalars(select(CardSeries.id).where(series_scope(operator), *which).order_by(CardSeries.id)))


def in_series(series_ids: list[int], column: QueryableAttribute[Any] = Card.series_id) -> ColumnElement[bool]:
    """A condition on Card, or on what copies its series. One series is met by its own word: its cards are then in the
    order of their serials.
    """
    return column == series_ids[0] if len(series_ids) == 1 else column.in_(series_ids)


def seller_cards(session: Session, operator: OperatorFacts) -> ColumnElement[bool]:
    """The cards of a reseller or a distributor, but those in the making, which exist for nobody (JC-28): a condition on
    Card alone. Joined with their series PostgreSQL sorts them all where it takes them for few.
    """
    if operator.reseller_id is not None:
        return in_series(series_ids(session, operator, CardSeries.made_at.is_not(None)))
    mine, unmade = Card.distributor_id == operator.distributor_id, unmade_series(session)
    return mine & Card.series_id.not_in(unmade) if unmade else mine


def unmade_series(session: Session) -> list[int]:
    """Those in the making, of which there are few at any time."""
    return list(session.scalars(select(CardSeries.id).where(CardSeries.made_at.is_(None))))


def sees_all_cards(operator: OperatorFacts) -> bool:
    return operator.reseller_id is None and operator.distributor_id is None
