import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.card_number import (
    CardNumberRefused,
    card_number,
    find_series_and_serial,
    grouped,
    keyed_number,
    number_length,
)


def test_the_examples_of_jerasoft() -> None:
    """JC-26, JC-50"""
    assert [card_number(45, serial) for serial in (1_122_333, 1_122_334)] == ["45-001122333", "45-001122334"]
    assert [card_number(1, 5_668_240 + n) for n in (0, 4)] == ["1-005668240", "1-005668244"]
    assert grouped("959261607855") == "9592 6160 7855"


@pytest.mark.parametrize("number", ["1-005668240", "1005668240"])
def test_a_number_is_keyed_without_its_dash(number: str) -> None:
    assert keyed_number(number) == "1005668240"
    assert find_series_and_serial(number) == (1, 5_668_240)


@given(st.integers(1, 100_000_000), st.integers(0, 999_999_999))
def test_no_two_cards_share_their_digits(series_number: int, serial: int) -> None:
    keyed = keyed_number(card_number(series_number, serial))
    assert find_series_and_serial(keyed) == (series_number, serial)
    assert len(keyed) == number_length(series_number)


def test_pairs_that_would_be_confused_without_a_width_are_told_apart() -> None:
    assert find_series_and_serial("1001122333") == (1, 1_122_333)
    assert find_series_and_serial("10001122333") == (10, 1_122_333)


@pytest.mark.parametrize(("series_number", "length"), [(1, 10), (9, 10), (10, 11), (99, 11), (100_000_000, 18)])
def test_the_length_follows_from_the_series(series_number: int, length: int) -> None:
    assert number_length(series_number) == length


@pytest.mark.parametrize(
    "number", ["", "123456789", "0-005668240", "01005668240", "100000001000000000", "1-00566824", "1-005668240\n", "x"]
)
def test_what_no_card_can_have_is_no_number(number: str) -> None:
    assert find_series_and_serial(number) is None
    with pytest.raises(CardNumberRefused, match="no card number"):
        keyed_number(number)


def test_series_and_serial_out_of_range_are_refused() -> None:
    for series_number in (0, 100_000_001):
        with pytest.raises(CardNumberRefused, match="1 to 100000000"):
            card_number(series_number, 0)
    for serial in (-1, 10**9):
        with pytest.raises(CardNumberRefused, match="0 to 999999999"):
            card_number(1, serial)
