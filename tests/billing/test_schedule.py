"""When a nightly job is due again, by the platform's clock and over its changes."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from billing.schedule import next_night, next_of_interval

NEW_YORK = ZoneInfo("America/New_York")
AT = time(0, 15)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "following"),
    [
        ("2026-06-10 04:14", "2026-06-10 04:15"),
        ("2026-06-10 04:15", "2026-06-11 04:15"),
        ("2026-03-08 05:15", "2026-03-09 04:15"),  # the night after clocks were put forward: 23 hours
        ("2026-11-01 04:15", "2026-11-02 05:15"),  # and back: 25 hours
    ],
)
def test_a_night_begins_by_the_clock_of_the_platform(last: str, following: str) -> None:
    assert next_night(moment(last), AT, NEW_YORK) == moment(following)


def test_an_hour_that_is_skipped_or_comes_twice_runs_once() -> None:
    skipped = next_night(moment("2026-03-08 05:00"), time(2, 30), NEW_YORK)
    assert skipped == moment("2026-03-08 07:30")
    twice = next_night(moment("2026-11-01 04:00"), time(1, 30), NEW_YORK)
    assert twice == moment("2026-11-01 05:30")
    assert next_night(twice, time(1, 30), NEW_YORK) == moment("2026-11-02 06:30")


def test_an_interval_counts_from_the_last_run() -> None:
    assert next_of_interval(moment("2026-06-10 04:14"), 60) == moment("2026-06-10 05:14")
