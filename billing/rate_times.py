"""When a rate holds: its period, days and hours; what of two of them clashes; days and hours from and to text."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.rate_choice import EVERY_DAY, MINUTES_A_DAY, has_hours

DAY_WORDS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS: Final = re.compile(r"([0-9]{1,2}):([0-5][0-9])-([0-9]{1,2}):([0-5][0-9])")


class RateTimesRefused(ValueError):
    """Days or hours that cannot be; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class RateTimes:
    """From `valid_from` until before `valid_until` (None: without end), on these days, within these minutes."""

    valid_from: datetime
    valid_until: datetime | None = None
    days: int = EVERY_DAY
    from_minute: int = 0
    until_minute: int = MINUTES_A_DAY

    @property
    def has_hours(self) -> bool:
        return has_hours(self.days, self.from_minute, self.until_minute)


def clash(one: RateTimes, other: RateTimes) -> bool:
    """True if both hold at some moment and neither is by rule the closer: days or hours of its own beat the whole week,
    so a rate of the whole week and one of certain hours stand side by side.
    """
    if one.has_hours != other.has_hours:
        return False
    is_one_period = (other.valid_until is None or one.valid_from < other.valid_until) and (
        one.valid_until is None or other.valid_from < one.valid_until
    )
    is_one_hour = one.from_minute < other.until_minute and other.from_minute < one.until_minute
    return is_one_period and bool(one.days & other.days) and is_one_hour


def days_from_text(text: str) -> int:
    """`mon-fri,sun` or `all` as bits; a range may pass Sunday (`sat-mon`)."""
    if text.strip().lower() == "all":
        return EVERY_DAY
    days = 0
    for part in text.lower().split(","):
        first, _, last = (word.strip() for word in part.partition("-"))
        days |= _day_range(first, last or first)
    return days


def text_of_days(days: int) -> str:
    """The bits as `all` or words in their order, runs of three and more as a range."""
    if days == EVERY_DAY:
        return "all"
    runs: list[list[str]] = [[]]
    for bit, word in enumerate(DAY_WORDS):
        if days & 1 << bit:
            runs[-1].append(word)
        elif runs[-1]:
            runs.append([])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(run) for run in runs if run)


def hours_from_text(text: str) -> tuple[int, int]:
    """`08:00-18:00` as minutes of the day; `00:00-24:00` or `all` is the whole day."""
    if text.strip().lower() == "all":
        return 0, MINUTES_A_DAY
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise RateTimesRefused(f"{text!r} are no hours: write them such as 08:00-18:00.")
    first = int(found[1]) * 60 + int(found[2])
    last = int(found[3]) * 60 + int(found[4])
    if max(first, last) > MINUTES_A_DAY:
        raise RateTimesRefused(f"{text!r} goes beyond 24:00: write hours of one day.")
    if first >= last:
        raise RateTimesRefused(
            f"{text!r} passes midnight: make two rates, {_clock(first)}-24:00 and 00:00-{_clock(last)}."
        )
    return first, last


def text_of_hours(from_minute: int, until_minute: int) -> str:
    is_whole_day = (from_minute, until_minute) == (0, MINUTES_A_DAY)
    return "all" if is_whole_day else f"{_clock(from_minute)}-{_clock(until_minute)}"


def _day_range(first: str, last: str) -> int:
    for word in (first, last):
        if word not in DAY_WORDS:
            raise RateTimesRefused(f"{word!r} is no day: write {', '.join(DAY_WORDS)}, or ranges such as mon-fri.")
    begin, end = DAY_WORDS.index(first), DAY_WORDS.index(last)
    return sum(1 << place % 7 for place in range(begin, (end if end >= begin else end + 7) + 1))


def _clock(minute: int) -> str:
    hours, minutes = divmod(minute, 60)
    return f"{hours:02d}:{minutes:02d}"
