"""When two rates of one prefix clash, and days and hours as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import MINOR_DIGITS
from billing.price_ceiling import PRICE_ABSURD_MICROS, SMALL_UNITS, price_absurd_micros
from billing.rate_times import (
    RateTimes,
    RateTimesRefused,
    clash,
    days_from_text,
    hours_from_text,
    text_of_days,
    text_of_hours,
)

SPRING, SUMMER, AUTUMN = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 6, 9))
WEEKEND = 96


@pytest.mark.parametrize(
    ("one", "other", "do_clash"),
    [
        (RateTimes(SPRING), RateTimes(SUMMER), True),
        (RateTimes(SPRING, SUMMER), RateTimes(SUMMER), False),
        (RateTimes(SPRING, AUTUMN), RateTimes(SUMMER), True),
        (RateTimes(SPRING, days=WEEKEND), RateTimes(SPRING), False),
        (RateTimes(SPRING, days=WEEKEND), RateTimes(SPRING, days=31), False),
        (RateTimes(SPRING, days=WEEKEND), RateTimes(SUMMER, days=64), True),
        (RateTimes(SPRING, from_minute=0, until_minute=360), RateTimes(SPRING, from_minute=360), False),
        (RateTimes(SPRING, from_minute=0, until_minute=361), RateTimes(SPRING, from_minute=360), True),
    ],
)
def test_two_rates_clash_if_chance_would_decide(one: RateTimes, other: RateTimes, do_clash: bool) -> None:  # noqa: FBT001
    assert clash(one, other) is clash(other, one) is do_clash


@pytest.mark.parametrize(
    ("text", "days"), [("all", 127), ("mon-fri", 31), ("sat,sun", WEEKEND), ("sat-mon", 97), ("Mon, wed", 5)]
)
def test_days_are_written_as_words(text: str, days: int) -> None:
    assert days_from_text(text) == days


@given(st.integers(1, 127))
def test_days_as_text_are_the_same_days(days: int) -> None:
    assert days_from_text(text_of_days(days)) == days


@given(st.integers(0, 1_439), st.integers(1, 1_440))
def test_hours_as_text_are_the_same_hours(first: int, last: int) -> None:
    if first < last:
        assert hours_from_text(text_of_hours(first, last)) == (first, last)


@pytest.mark.parametrize(
    ("read", "text", "told"),
    [
        (days_from_text, "mun", "'mun' is no day: write mon, tue"),
        (days_from_text, "", "'' is no day"),
        (hours_from_text, "8-18", "write them such as 08:00-18:00"),
        (hours_from_text, "08:00-25:00", "goes beyond 24:00"),
        (hours_from_text, "22:00-06:00", "make two rates, 22:00-24:00 and 00:00-06:00"),
    ],
)
def test_days_and_hours_that_cannot_be_are_refused(read, text: str, told: str) -> None:  # noqa: ANN001
    with pytest.raises(RateTimesRefused, match=told):
        read(text)


def test_what_is_absurd_depends_on_the_currency() -> None:
    assert set(MINOR_DIGITS) > SMALL_UNITS
    assert price_absurd_micros("USD") == PRICE_ABSURD_MICROS < price_absurd_micros("VND")
