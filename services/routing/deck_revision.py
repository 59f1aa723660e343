"""The revision of all that a deck in memory holds: counted up by every change of rates, routing plans or carriers."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import DeckRevision, RateTable


def touch_deck(session: Session, *rate_table_ids: int) -> int:
    """Tell every server that keeps a deck that it is out of date, in the transaction of the change itself; the tables
    named are the ones to be read again (none: only plans and carriers have changed).

    Call it last: its row stays locked until the transaction ends, so that revisions are committed in their order.
    """
    count = update(DeckRevision).where(DeckRevision.id == 1).values(number=DeckRevision.number + 1)
    number: int = session.execute(count.returning(DeckRevision.number)).scalar_one()
    if rate_table_ids:
        session.execute(update(RateTable).where(RateTable.id.in_(rate_table_ids)).values(revision=number))
    return number


def deck_revision(session: Session) -> int:
    number: int = session.scalars(select(DeckRevision.number)).one()
    return number
