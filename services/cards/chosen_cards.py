"""Acts on cards that an operator ticked in a list: any cards of what it may see, of several series if need be."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, tzinfo
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Card, CardSeries
from services.audit.audit import Actor
from services.cards.card_order import ActRefused, CardOrder
from services.cards.card_range import CardRange
from services.cards.change_card_state import ActDone, change_cards, preview_card_act
from services.cards.revive_card import revive_by_operator
from services.operators.operator_facts import OperatorFacts
from services.operators.scope import card_scope

CHOSEN_MAX = 100  # what one page of a list shows
OrderOf = Callable[[CardRange], CardOrder]


def chosen_ranges(session: Session, operator: OperatorFacts, numbers: Sequence[str]) -> list[CardRange]:
    """The cards as runs of serials that follow on each other; those of somebody else are left out."""
    rows = session.execute(
        _mine(operator, numbers).with_only_columns(Card.series_id, Card.serial).order_by(Card.series_id, Card.serial)
    ).all()
    return list(runs_of([(series_id, serial) for series_id, serial in rows]))


def preview_chosen(session: Session, ranges: Sequence[CardRange], order_of: OrderOf) -> ActDone:
    """What the act would do; nothing is written."""
    return sum((preview_card_act(session, order_of(cards)) for cards in ranges), ActDone())


def change_chosen(
    session: Session, ranges: Sequence[CardRange], order_of: OrderOf, actor: Actor, now: datetime
) -> ActDone:
    """All in this transaction, an entry in the audit log for each run of serials."""
    return sum((change_cards(session, order_of(cards), actor, now).done for cards in ranges), ActDone())


def extend_chosen(
    session: Session,
    operator: OperatorFacts,
    numbers: Sequence[str],
    new_date: date,
    actor: Actor,
    now: datetime,
    zone: tzinfo,
) -> int:
    """Give each of the cards this last day; how many there were."""
    card_ids = session.scalars(_mine(operator, numbers).with_only_columns(Card.id).order_by(Card.id)).all()
    for card_id in card_ids:
        revive_by_operator(session, card_id, new_date, actor, now, zone)
    return len(card_ids)


def _mine(operator: OperatorFacts, numbers: Sequence[str]) -> Any:  # noqa: ANN401 (a Select, narrowed further)
    if not numbers:
        raise ActRefused("No card is ticked: tick the cards first.")
    if len(numbers) > CHOSEN_MAX:
        raise ActRefused(f"{len(numbers)} cards are ticked: give at most {CHOSEN_MAX}, or a range of a series.")
    return (
        select(Card)
        .join(CardSeries, CardSeries.id == Card.series_id)
        .where(Card.number.in_(list(numbers)), CardSeries.made_at.is_not(None), card_scope(operator))
    )


def runs_of(places: Sequence[tuple[int, int]]) -> Iterator[CardRange]:
    """Of series and serial, in this order."""
    if not places:
        return
    first = places[0]
    for here, following in pairwise(places):
        if following != (here[0], here[1] + 1):
            yield CardRange(first[0], first[1], here[1])
            first = following
    yield CardRange(first[0], first[1], places[-1][1])
