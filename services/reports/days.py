"""Days of the platform's zone, and the moments at which they begin and end."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_

from models import CallRecord

IS_CUSTOMERS: Final = CallRecord.is_test.is_(False)


class Bounds(NamedTuple):
    """From `begin` until before `end`, both aware UTC."""

    begin: datetime
    end: datetime


def day_of(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()


def bounds_of(day: date, zone: tzinfo) -> Bounds:
    """A day on which clocks change has 23 or 25 hours."""
    following = day + timedelta(days=1)
    return Bounds(*(datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, following)))


def days_between(first: date, last: date) -> Iterator[date]:
    """Both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def counted_in(bounds: Bounds) -> ColumnElement[bool]:
    """The calls placed within the bounds that count in statistics: not reversed (JA-12), and no operator's test."""
    return and_(
        CallRecord.placed_at >= bounds.begin,
        CallRecord.placed_at < bounds.end,
        CallRecord.reversed_at.is_(None),
        IS_CUSTOMERS,
    )
