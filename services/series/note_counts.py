"""Count the cards of large series by state, some at a time, so that the list of series shows them without counting."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from billing.states import CardStatus, SeriesStatus
from models import CardSeries, SeriesCount
from services.series.count_cards import count_cards
from services.store.upsert import upsert

COUNTED_LIVE_MAX: Final = 500  # cards of a series that the list counts itself: a page of them is 50,000 index entries
CARDS_MAX: Final = 1_000_000  # of one run: half a second of the database
COUNTED_AGAIN: Final = timedelta(minutes=5)
Counts = Mapping[int, Mapping[CardStatus, int]]  # by the series' id


def series_counts_due(session: Session, now: datetime) -> Counts:
    """Of those whose count is oldest, as many series as one run may count; at least one."""
    is_due = or_(SeriesCount.counted_at.is_(None), SeriesCount.counted_at <= now - COUNTED_AGAIN)
    is_shown = (CardSeries.made_at.is_not(None), CardSeries.status != SeriesStatus.DELETED)
    query = (
        select(CardSeries.id, CardSeries.quantity)
        .outerjoin(SeriesCount, SeriesCount.series_id == CardSeries.id)
        .where(CardSeries.quantity > COUNTED_LIVE_MAX, *is_shown, is_due)
        .order_by(SeriesCount.counted_at.is_not(None), SeriesCount.counted_at, CardSeries.id)
    )
    due: list[int] = []
    left = CARDS_MAX
    for series_id, quantity in session.execute(query):
        if due and quantity > left:
            break
        due.append(series_id)
        left -= quantity
    return {series_id: count_cards(session, series_id) for series_id in due}


def note_series_counts(session: Session, counts: Counts, now: datetime) -> None:
    for series_id, by_status in counts.items():
        values = {status.value: count for status, count in by_status.items()} | {"counted_at": now}
        row = {"series_id": series_id} | values
        upsert(session, SeriesCount, row, values, where=None, returning=[SeriesCount.series_id])
