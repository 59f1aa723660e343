"""JC-52: the cards of a series whose number holds some digits are known without looking at any of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.part_of_number import PartTooCommon, serials_with_part


@settings(max_examples=150, deadline=None)
@given(
    series=st.sampled_from([1, 12, 45, 101, 99_999_999]),
    first=st.sampled_from([0, 1, 5_668_240, 999_999_000]),
    quantity=st.integers(1, 900),
    part=st.text("0123456789", min_size=1, max_size=6) | st.sampled_from(["1005668", "4500", "2000"]),
)
def test_it_finds_what_looking_at_each_number_finds(series: int, first: int, quantity: int, part: str) -> None:
    serials = range(first, first + quantity)
    looked_at = [serial for serial in serials if part in f"{series}{serial:09d}"]
    assert serials_with_part(series, serials, part, 1_000) == looked_at


def test_a_part_that_most_numbers_hold_is_refused_with_what_to_do() -> None:
    with pytest.raises(PartTooCommon, match="More than 10000 cards of the series hold 00 in their number: give more"):
        serials_with_part(1, range(1_000_000), "00", 10_000)


def test_three_digits_are_enough_in_the_largest_series() -> None:
    found = serials_with_part(1, range(1, 1_000_001), "471", 10_000)
    assert len(found) == 3_999  # at four places of six digits a thousand each, 471471 once
    assert {471, 471_000, 471_471, 999_471} <= set(found)
