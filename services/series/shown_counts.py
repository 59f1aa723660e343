"""The cards by state of the series on a page: small ones counted now, large ones as the worker counted them last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.states import CardStatus
from models import Card, SeriesCount
from services.series.note_counts import COUNTED_LIVE_MAX


@dataclass(frozen=True, slots=True)
class SeriesCounts:
    """`counted_at` is empty where they were counted just now."""

    by_status: dict[CardStatus, int]
    counted_at: datetime | None = None


def shown_counts(session: Session, series: Iterable[tuple[int, int]]) -> dict[int, SeriesCounts]:
    """Of id and quantity of each; without one that the worker has not counted yet."""
    series = list(series)
    small = [series_id for series_id, quantity in series if quantity <= COUNTED_LIVE_MAX]
    large = [series_id for series_id, quantity in series if quantity > COUNTED_LIVE_MAX]
    return _counted_now(session, small) | _counted_last(session, large)


def _counted_now(session: Session, ids: list[int]) -> dict[int, SeriesCounts]:
    found = {series_id: SeriesCounts(dict.fromkeys(CardStatus, 0)) for series_id in ids}
    counted = select(Card.series_id, Card.status, func.count()).where(Card.series_id.in_(ids))
    for series_id, status, count in session.execute(counted.group_by(Card.series_id, Card.status)):
        found[series_id].by_status[status] = count
    return found


def _counted_last(session: Session, ids: list[int]) -> dict[int, SeriesCounts]:
    return {
        row.series_id: SeriesCounts({status: getattr(row, status.value) for status in CardStatus}, row.counted_at)
        for row in session.scalars(select(SeriesCount).where(SeriesCount.series_id.in_(ids)))
    }
