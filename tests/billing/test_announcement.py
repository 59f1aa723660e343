import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.announcement import (
    GhostPercentRefused,
    announced_seconds,
    ghost_percent_for,
    spoken_balance_micros,
    validate_ghost_percent,
)
from billing.rating import CallPrice, Tariff, affordable_seconds


@pytest.mark.parametrize(("percent", "minutes"), [(90, 63), (100, 70), (110, 77), (120, 84)])
def test_the_worked_example_announces_a_part_of_4200_seconds(percent: int, minutes: int) -> None:
    """features.md 3.3: the limit is computed without the percent."""
    price = CallPrice(Tariff(70_000, connect_fee_micros=100_000, first_block_seconds=60, increment_seconds=6))
    limit_seconds = affordable_seconds(price, 5_000_000, 14_400)
    assert limit_seconds == 4_200
    assert announced_seconds(limit_seconds, percent, say_seconds=False) == minutes * 60


def test_the_example_of_mor_announces_60_minutes_for_50() -> None:
    assert announced_seconds(3_000, 120, say_seconds=True) == 3_600


@pytest.mark.parametrize(
    ("limit_seconds", "percent", "with_seconds", "without"), [(119, 100, 119, 60), (59, 100, 59, 0), (61, 99, 60, 60)]
)
def test_seconds_are_floored_away_when_they_are_not_said(
    limit_seconds: int, percent: int, with_seconds: int, without: int
) -> None:
    assert announced_seconds(limit_seconds, percent, say_seconds=True) == with_seconds
    assert announced_seconds(limit_seconds, percent, say_seconds=False) == without


@given(st.integers(0, 100_000), st.integers(20, 100), st.booleans())
def test_up_to_100_percent_no_more_is_said_than_delivered(limit: int, percent: int, say_seconds: bool) -> None:  # noqa: FBT001
    assert 0 <= announced_seconds(limit, percent, say_seconds=say_seconds) <= limit


@given(st.integers(0, 10**13), st.integers(20, 100), st.sampled_from(["USD", "JPY", "KWD"]))
def test_up_to_100_percent_no_more_is_said_than_there_is(available: int, percent: int, currency: str) -> None:
    assert 0 <= spoken_balance_micros(available, percent, currency) <= available


def test_the_balance_is_said_down_to_the_coin() -> None:
    assert spoken_balance_micros(5_009_999, 100, "USD") == 5_000_000
    assert spoken_balance_micros(5_009_999, 90, "USD") == 4_500_000
    assert spoken_balance_micros(5_009_999, 120, "JPY") == 6_000_000


def test_the_longest_prefix_of_the_destination_wins() -> None:
    """M-24: the time is said after the destination, so that a destination may have its own percent."""
    overrides = {"4": 95, "447": 90, "4479": 50}
    percents = [ghost_percent_for(number, overrides, 100) for number in ("447812345678", "4930123", "33123", "4479")]
    assert percents == [90, 95, 100, 50]
    assert ghost_percent_for("33123", {"": 80}, 100) == 80


@pytest.mark.parametrize("percent", [20, 90, 100])
def test_a_percent_up_to_100_is_always_allowed(percent: int) -> None:
    validate_ghost_percent(percent, above_100_allowed=False)


def test_a_percent_above_100_is_allowed_when_the_platform_allows_it() -> None:
    validate_ghost_percent(200, above_100_allowed=True)


@pytest.mark.parametrize(
    ("percent", "above_100_allowed", "reason"),
    [
        (1, True, "not a factor"),
        (19, True, "not a factor"),
        (201, True, "above 200"),
        (101, False, "allow_ghost_above_100"),
    ],
)
def test_a_percent_that_misleads_is_refused(percent: int, above_100_allowed: bool, reason: str) -> None:  # noqa: FBT001
    with pytest.raises(GhostPercentRefused, match=reason):
        validate_ghost_percent(percent, above_100_allowed=above_100_allowed)
