"""Series as an operator may see them: one by its number, and the names of those to switch between (JC-12, JC-54)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CardSeries
from services.operators.operator_facts import OperatorFacts
from services.operators.scope import series_scope

CHOICES_MAX = 200  # a longer list is searched


def find_series(session: Session, operator: OperatorFacts, number: int) -> CardSeries | None:
    """One of somebody else is as unknown as one that does not exist (F38)."""
    mine = select(CardSeries).where(CardSeries.number == number, series_scope(operator))
    return session.scalars(mine).one_or_none()


def series_names(session: Session, operator: OperatorFacts) -> list[tuple[int, str | None]]:
    """Number and name, by number."""
    query = select(CardSeries.number, CardSeries.name).where(series_scope(operator))
    return [(number, name) for number, name in session.execute(query.order_by(CardSeries.number).limit(CHOICES_MAX))]
