"""When a job is due again: every so many minutes, or each night at a time of the platform's clock."""

from datetime import UTC, datetime, time, timedelta, tzinfo


def next_of_interval(last: datetime, minutes: int) -> datetime:
    return last + timedelta(minutes=minutes)


def next_night(last: datetime, at: time, zone: tzinfo) -> datetime:
    """The first instant after `last` at which the clocks of the zone show this time, aware UTC. Where clocks skip
    it, that much after the skip; where they show it twice, the first.
    """
    day = last.astimezone(zone).date()
    tonight = datetime.combine(day, at, zone).astimezone(UTC)
    return tonight if tonight > last else datetime.combine(day + timedelta(days=1), at, zone).astimezone(UTC)
