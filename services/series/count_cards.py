"""The cards of a series by their state: each of them, or up to a number, which takes no time in a large series."""

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, select
from sqlalchemy.orm import Session

from billing.states import CardStatus
from models import Card


def count_cards(session: Session, series_id: int, distributor_id: int | None = None) -> dict[CardStatus, int]:
    """Each counted: nearly half a second of a database's time for a million. With a distributor its own only."""
    counted = select(Card.status, func.count(Card.id)).where(*_mine(series_id, distributor_id)).group_by(Card.status)
    by_status = {row.status: row[1] for row in session.execute(counted)}
    return {status: by_status.get(status, 0) for status in CardStatus}


def count_cards_up_to(
    session: Session, series_id: int, most: int, distributor_id: int | None = None
) -> dict[CardStatus, int]:
    """A state with more has `most` and one: whoever shows it says that there are more."""
    counts = {status: _some(_mine(series_id, distributor_id), status, most + 1) for status in CardStatus}
    row = session.execute(select(*(count.label(status.value) for status, count in counts.items()))).one()
    return dict(zip(counts, row, strict=True))


def _mine(series_id: int, distributor_id: int | None) -> list[ColumnElement[bool]]:
    of_distributor = [] if distributor_id is None else [Card.distributor_id == distributor_id]
    return [Card.series_id == series_id, *of_distributor]


def _some(mine: list[ColumnElement[bool]], status: CardStatus, most: int) -> ScalarSelect[int]:
    some = select(literal(1).label("one")).where(*mine, Card.status == status).limit(most)
    return select(func.count()).select_from(some.subquery()).scalar_subquery()
