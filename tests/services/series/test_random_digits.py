"""Secret digits: none is likelier than another, and the random source is the only thing they depend on."""

from __future__ import annotations

from collections import Counter

import pytest

from services.series.random_digits import DRAWS_TOTAL, distinct_digits, random_digits


def source_of(*draws: int) -> object:
    """A random source that gives these numbers, one after another."""
    waiting = list(draws)

    def source(count: int) -> bytes:
        return b"".join(waiting.pop(0).to_bytes(8, "little") for _ in range(count // 8))

    return source


@pytest.mark.parametrize("length", [1, 8, 14, 16])
def test_digits_have_their_length_with_zeros_in_front(length: int) -> None:
    texts = random_digits(500, length)
    assert {len(text) for text in texts} == {length}
    assert all(text.isascii() and text.isdigit() for text in texts)
    assert random_digits(2, 8, source_of(7, 10**8 + 42)) == ["00000007", "00000042"]


def test_a_draw_that_would_favour_low_digits_is_thrown_away() -> None:
    """The numbers above the last whole multiple of the space: by remainder they would all fall on its beginning."""
    last_good = DRAWS_TOTAL - DRAWS_TOTAL % 10**16 - 1
    source = source_of(last_good + 1, DRAWS_TOTAL - 1, last_good)
    assert random_digits(1, 16, source) == ["9" * 16]


def test_every_digit_is_as_likely_in_every_place() -> None:
    """20,000 draws: 2,000 of each digit are expected in each place, with a standard deviation of 42."""
    texts = random_digits(20_000, 8)
    for place in range(8):
        counts = Counter(text[place] for text in texts)
        assert set(counts) == set("0123456789")
        assert all(1_750 < count < 2_250 for count in counts.values())


def test_distinct_digits_are_drawn_again_until_none_comes_twice() -> None:
    assert distinct_digits(3, 8, source_of(5, 5, 6, 6, 7)) == ["00000005", "00000006", "00000007"]
    assert sorted(distinct_digits(1_000, 3)) == [f"{number:03d}" for number in range(1_000)]
