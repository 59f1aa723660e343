"""A rate table in memory: some sixteen bytes for a rate and one search for a number, however many prefixes there are.

The prefixes stand in the order of a dictionary ("44", "440", "4401", "45"), so that the last one that is not behind a
number either begins it, or has a shorter one above it that does: `up` leads there. Rates of one prefix (periods, hours)
stand beside each other, the most precise one last, and `up` leads through them first. So the first rate on the way up
that begins the number and holds at the moment is the right one (billing.rate_choice).
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final, NamedTuple

from billing.held_rate import HeldRate
from billing.phone import NUMBER_DIGITS_MAX
from billing.rate_choice import day_minute, has_hours
from billing.tariff import Tariff

if TYPE_CHECKING:
    from array import array

LENGTH_BITS: Final = 4  # a key is the prefix filled up with zeros to 15 digits, and behind it how many were its own
LENGTH_MASK: Final = (1 << LENGTH_BITS) - 1
SPANS: Final = tuple(10 ** (NUMBER_DIGITS_MAX - length) for length in range(NUMBER_DIGITS_MAX + 1))
NO_END: Final = 2**63 - 1
NOTHING_ABOVE: Final = -1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Period(NamedTuple):
    """When a rate holds; moments in microseconds since 1970, days and minutes as in billing.rate_choice."""

    from_us: int
    until_us: int
    days: int
    from_minute: int
    until_minute: int

    def precision(self) -> tuple[bool, int, int, int]:
        """The same order as that of `Precision`, for rates of one prefix."""
        is_within_a_week = has_hours(self.days, self.from_minute, self.until_minute)
        return is_within_a_week, self.from_us, self.from_minute, self.days


class Words(NamedTuple):
    """What is told of a destination, and whether it may be called."""

    destination_name: str
    is_blocked: bool
    ghost_minutes_percent: int | None


class Terms(NamedTuple):
    """What rates of a table have in common, all but the prefix: for each term the places of its period, words and
    tariff. Columns of numbers, since an object a term would be walked by every full run of the garbage collector.
    """

    periods: Sequence[Period]
    words: Sequence[Words]
    tariffs: Sequence[Tariff]
    period_of: "array[int]"
    words_of: "array[int]"
    tariff_of: "array[int]"


class Sought(NamedTuple):
    """A number at a moment, as every table is asked for it."""

    number: str
    filled: int
    key: int
    now_us: int
    day: int
    minute: int


class TableDeck(NamedTuple):
    """`keys` ascend; `up` and `term_of` have one place for each of them; `revision` is that of the rate table.

    `heads` shortens the search: the numbers from `head * head_span` on stand from place `heads[head]` on.
    """

    revision: int
    head_span: int
    heads: "array[int]"
    keys: "array[int]"
    up: "array[int]"
    term_of: "array[int]"
    terms: Terms

    def find(self, sought: Sought) -> HeldRate | None:
        _, head_span, heads, keys, up, term_of, (periods, words, tariffs, period_of, words_of, tariff_of) = self
        number, filled, sought_key, now_us, day, minute = sought
        head = filled // head_span
        place = bisect_right(keys, sought_key, heads[head], heads[head + 1]) - 1
        while place >= 0:
            key = keys[place]
            length = key & LENGTH_MASK
            if filled - (key >> LENGTH_BITS) < SPANS[length]:
                term = term_of[place]
                from_us, until_us, days, from_minute, until_minute = periods[period_of[term]]
                if from_us <= now_us < until_us and days & day and from_minute <= minute < until_minute:
                    name, is_blocked, ghost = words[words_of[term]]
                    return HeldRate(number[:length], name, is_blocked, ghost, tariffs[tariff_of[term]])
            place = up[place]
        return None


def sought(number: str, now: datetime, zone: tzinfo) -> Sought:
    """Digits only; what is behind the fifteenth digit has no part in it, as no prefix is longer."""
    digits = number[:NUMBER_DIGITS_MAX]
    filled = int(digits or 0) * SPANS[len(digits)]
    at = day_minute(now, zone)
    return Sought(number, filled, filled << LENGTH_BITS | len(digits), since_1970_us(now), at.day, at.minute)


def since_1970_us(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
