"""All the cards that fit the filters of a list: which they are at this moment, as runs of serials and as a mark by
which an operator confirms exactly these.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from models import Card
from services.cards.card_order import ActRefused, checked_series
from services.cards.card_range import CardRange, count_act, positions_where
from services.cards.change_card_state import ActDone
from services.cards.chosen_cards import OrderOf, runs_of

MATCHING_MAX = 100_000  # they are named one by one in the job; a whole series is an act of its own
Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Matching:
    """`mark` is the same for the same cards only, whatever they are like."""

    runs: tuple[CardRange, ...]
    count: int
    mark: str


def matching_cards(session: Session, query: Rows) -> Matching:
    """`query` is that of a list of cards, within what its operator may see."""
    places = query.with_only_columns(Card.series_id, Card.serial, maintain_column_froms=True).distinct()
    ordered = places.order_by(None).order_by(Card.series_id, Card.serial).limit(MATCHING_MAX + 1)
    rows = [(series_id, serial) for series_id, serial in session.execute(ordered)]
    if len(rows) > MATCHING_MAX:
        raise ActRefused(f"More than {MATCHING_MAX} cards fit: narrow the filters, or take a range of a series.")
    if not rows:
        raise ActRefused("No card fits these filters (any more): look at the list again.")
    runs = tuple(runs_of(rows))
    return Matching(runs, len(rows), _mark(runs))


def preview_matching(session: Session, query: Rows, runs: Sequence[CardRange], order_of: OrderOf) -> ActDone:
    """What the act would do; nothing is written. Counted by one query, however the cards are spread."""
    check_orders(session, runs, order_of)
    ids = query.with_only_columns(Card.id, maintain_column_froms=True).order_by(None).correlate(None)
    changed, skipped = count_act(positions_where(session, Card.id.in_(ids)), order_of(runs[0]).act)
    return ActDone(changed, skipped)


def check_orders(session: Session, runs: Sequence[CardRange], order_of: OrderOf) -> None:
    """Once for each series that the runs are of."""
    for cards in {cards.series_id: cards for cards in runs}.values():
        checked_series(session, order_of(cards))


def _mark(runs: Sequence[CardRange]) -> str:
    told = ";".join(f"{cards.series_id}:{cards.first_serial}-{cards.last_serial}" for cards in runs)
    return hashlib.sha256(told.encode()).hexdigest()
