"""Which of several rates holds for a call: days, hours and periods of the same prefixes."""

from datetime import datetime, tzinfo
from typing import Final, NamedTuple

EVERY_DAY: Final = 127  # a bit for each weekday: 1 Monday ... 64 Sunday
MINUTES_A_DAY: Final = 1_440


class DayMinute(NamedTuple):
    """A moment of the platform's week: the bit of its weekday, and the minute of its day."""

    day: int
    minute: int


class Precision(NamedTuple):
    """How closely a rate fits; the greatest one holds. The longest prefix comes first; of one prefix, days or hours of
    its own beat the whole week; then the period that began last; of hours that overlap, those that began later in the
    day, and then any that is always the same.
    """

    prefix_length: int
    has_hours: bool
    valid_from: datetime
    from_minute: int = 0
    days: int = EVERY_DAY


def day_minute(now: datetime, zone: tzinfo) -> DayMinute:
    local = now.astimezone(zone)
    return DayMinute(1 << local.weekday(), local.hour * 60 + local.minute)


def has_hours(days: int, from_minute: int, until_minute: int) -> bool:
    """True for a rate that does not hold all week."""
    return (days, from_minute, until_minute) != (EVERY_DAY, 0, MINUTES_A_DAY)


def holds_at(days: int, from_minute: int, until_minute: int, at: DayMinute) -> bool:
    return bool(days & at.day) and from_minute <= at.minute < until_minute
