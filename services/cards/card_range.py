"""Which cards an act is for: one card, a range of serials, or a whole series."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from billing.card_acts import CardAct, CardPosition, why_not
from billing.card_number import SERIAL_MAX
from billing.states import HoldState
from models import Card, Hold
from services.cards.card_facts import CardFacts

POSITION = (
    Card.status,
    Card.sold_at.is_not(None),
    func.coalesce(Card.sold_at, Card.released_at).is_not(None),
    Card.replaced_by_card_id.is_not(None),
)


@dataclass(frozen=True, slots=True)
class CardRange:
    """Serials from first to last, both included."""

    series_id: int
    first_serial: int = 0
    last_serial: int = SERIAL_MAX

    @classmethod
    def one(cls, card: CardFacts) -> Self:
        serial = int(card.number[-9:])
        return cls(card.series.id, serial, serial)

    @property
    def is_one_card(self) -> bool:
        return self.first_serial == self.last_serial

    @property
    def condition(self) -> ColumnElement[bool]:
        return (Card.series_id == self.series_id) & Card.serial.between(self.first_serial, self.last_serial)


@dataclass(frozen=True, slots=True)
class RunningCall:
    """A call that is up on one of the cards."""

    call_id: str
    channel_id: str


def count_positions(session: Session, cards: CardRange) -> list[tuple[CardPosition, int]]:
    """How many cards of the range stand where; one query, also for a million cards."""
    return positions_where(session, cards.condition)


def positions_where(session: Session, condition: ColumnElement[bool]) -> list[tuple[CardPosition, int]]:
    """The same for any cards."""
    # Grouped by whole numbers: PostgreSQL does not see that two bound expressions of a condition are one.
    flags = [case((flag, 1), else_=0).label(f"flag_{place}") for place, flag in enumerate(POSITION[1:])]
    inner = select(Card.status.label("status"), *flags).where(condition).subquery()
    query = select(*inner.c, func.count()).group_by(*inner.c)
    return [
        (CardPosition(status, *(bool(flag) for flag in row)), count) for status, *row, count in session.execute(query)
    ]


def count_act(positions: Sequence[tuple[CardPosition, int]], act: CardAct) -> tuple[int, dict[str, int]]:
    """How many cards the act would change, and how many it would skip by what."""
    changed, skipped = 0, Counter[str]()
    for position, count in positions:
        why = why_not(act, position)
        if why is None:
            changed += count
        else:
            skipped[why] += count
    return changed, dict(skipped)


def running_calls(session: Session, card_ids: Sequence[int]) -> tuple[RunningCall, ...]:
    """The calls with an open hold; found by the wallets, which the index of open holds knows."""
    query = (
        select(Hold.call_id, Hold.quote["channel_id"].as_string())
        .join(Card, Card.wallet_id == Hold.wallet_id)
        .where(Card.id.in_(card_ids), Hold.state == HoldState.OPEN)
        .order_by(Hold.placed_at, Hold.call_id)
    )
    return tuple(RunningCall(call_id, channel_id) for call_id, channel_id in session.execute(query))
