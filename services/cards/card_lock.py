"""Lock cards before their wallets: the first step of every act that decides about a card and then moves its money."""

from collections.abc import Iterator, Sequence
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Card

CARDS_A_CHUNK = 200  # one transaction of a job: far below a second, so that a call never waits long for it


def lock_cards(session: Session, card_ids: Sequence[int]) -> None:
    """Wait for whoever changes these cards, and make others wait until the end of the transaction; always in the order
    of their ids, so that two jobs never wait for one another. (On SQLite the whole transaction is the only writer.)

    What is decided about a card is read after this, by a statement of its own: on PostgreSQL only that one sees what
    the others have committed.
    """
    query = select(Card.id).where(Card.id.in_(card_ids)).order_by(Card.id).with_for_update(key_share=True)
    session.execute(query).all()


def in_chunks(card_ids: Sequence[int]) -> Iterator[list[int]]:
    """The ids in ascending order, so many at a time as one statement may name."""
    ordered = iter(sorted(set(card_ids)))
    while chunk := list(islice(ordered, CARDS_A_CHUNK)):
        yield chunk
