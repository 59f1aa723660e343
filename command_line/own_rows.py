"""Cards, series and calls as the operator of `--as` may see them; those of others are as unknown as none (JC-12)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from command_line.actor import acting_operator
from command_line.errors import Failure
from models import CardSeries
from services.cards.card_facts import CardFacts
from services.cards.card_report import find_card_by_number
from services.cards.find_card_of import find_card_of
from services.operators.scope import series_scope


def known_card(session: Session, number: str) -> CardFacts:
    operator = acting_operator()
    found = find_card_by_number(session, number) if operator is None else find_card_of(session, operator, number)
    if found is None:
        raise Failure(f"There is no card {number}.", "callingcard series list")
    return found


def series_id(session: Session, number: int) -> int:
    operator = acting_operator()
    query = select(CardSeries.id).where(CardSeries.number == number)
    found = session.scalars(query if operator is None else query.where(series_scope(operator))).one_or_none()
    if found is None:
        raise Failure(f"There is no series {number}.", "callingcard series list")
    return found


def own_reseller_id() -> int | None:
    """The reseller whose rows alone are shown; None: all."""
    operator = acting_operator()
    return None if operator is None else operator.reseller_id
