"""Which of several rates of one number holds."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from billing.rate_choice import EVERY_DAY, MINUTES_A_DAY, DayMinute, Precision, day_minute, has_hours, holds_at

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
SUNDAY = 64


def test_days_and_hours_are_those_of_the_platform() -> None:
    """Saturday late in Reykjavik is Sunday morning in Tokyo."""
    now = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
    assert day_minute(now, UTC) == DayMinute(32, 22 * 60 + 30)
    assert day_minute(now, ZoneInfo("Asia/Tokyo")) == DayMinute(SUNDAY, 7 * 60 + 30)


@pytest.mark.parametrize(
    ("days", "hours", "at", "holds"),
    [
        (EVERY_DAY, (0, MINUTES_A_DAY), DayMinute(1, 0), True),
        (SUNDAY, (0, MINUTES_A_DAY), DayMinute(SUNDAY, 1_439), True),
        (SUNDAY, (0, MINUTES_A_DAY), DayMinute(1, 0), False),
        (EVERY_DAY, (480, 1_080), DayMinute(2, 479), False),
        (EVERY_DAY, (480, 1_080), DayMinute(2, 480), True),
        (EVERY_DAY, (480, 1_080), DayMinute(2, 1_079), True),
        (EVERY_DAY, (480, 1_080), DayMinute(2, 1_080), False),
    ],
)
def test_a_rate_holds_from_its_first_minute_until_before_its_last(
    days: int, hours: tuple[int, int], at: DayMinute, *, holds: bool
) -> None:
    assert holds_at(days, *hours, at) is holds


def test_prefix_then_hours_then_the_later_beginning() -> None:
    assert Precision(3, has_hours=False, valid_from=EARLY) > Precision(2, has_hours=True, valid_from=LATE)
    assert Precision(3, has_hours=True, valid_from=EARLY) > Precision(3, has_hours=False, valid_from=LATE)
    assert Precision(3, has_hours=False, valid_from=LATE) > Precision(3, has_hours=False, valid_from=EARLY)
    assert has_hours(EVERY_DAY, 0, 1_439)
    assert not has_hours(EVERY_DAY, 0, MINUTES_A_DAY)
