"""File bound phones under series and distributor of their cards: those that an older release bound, which did not.

New ones are filed when they are bound. As long as one is not, a seller's list looks at the cards themselves.
"""

from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import CallerIdBinding, Card

PHONES_A_STEP: Final = 1_000  # no call that binds a phone waits longer for a row of it than a moment
UNFILED: Final = CallerIdBinding.series_id.is_(None)


def file_phones(session: Session, most: int = PHONES_A_STEP) -> int:
    """How many were filed; 0: all are. The cards are held meanwhile, as by an act that sells them."""
    some = select(CallerIdBinding.card_id).where(UNFILED).order_by(CallerIdBinding.caller_id).limit(most)
    card_ids = list(session.scalars(some))
    if card_ids:
        held = select(Card.id).where(Card.id.in_(card_ids)).order_by(Card.id).with_for_update(key_share=True)
        session.execute(held)
        copies = {
            name: select(column).where(Card.id == CallerIdBinding.card_id).scalar_subquery()
            for name, column in (("series_id", Card.series_id), ("distributor_id", Card.distributor_id))
        }
        filed = update(CallerIdBinding).where(CallerIdBinding.card_id.in_(card_ids)).values(copies)
        session.execute(filed, execution_options={"synchronize_session": False})
    return len(card_ids)


def are_phones_filed(session: Session) -> bool:
    """In the order of the index of those that are not, so that no other is looked at."""
    first = select(CallerIdBinding.caller_id).where(UNFILED).order_by(CallerIdBinding.caller_id).limit(1)
    return session.scalars(first).first() is None
