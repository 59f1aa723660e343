import pytest

from billing.pin import check_pin_space, pin_length_needed
from billing.states import PinEntryMode

PIN_ONLY, NUMBER_AND_PIN = PinEntryMode.PIN_ONLY, PinEntryMode.NUMBER_AND_PIN


# features.md 3.9, the second table.
@pytest.mark.parametrize(
    ("pin_length", "most_cards"),
    [(8, 10), (10, 1_000), (12, 100_000), (13, 1_000_000), (14, 10_000_000), (16, 1_000_000_000)],
)
def test_a_pin_that_logs_in_alone_is_hit_once_in_ten_million(pin_length: int, most_cards: int) -> None:
    assert check_pin_space(PIN_ONLY, pin_length, most_cards) is None
    assert check_pin_space(PIN_ONLY, pin_length, most_cards + 1) is not None
    assert pin_length_needed(PIN_ONLY, most_cards) == pin_length


@pytest.mark.parametrize(("pin_length", "most_cards"), [(8, 20_000_000), (9, 200_000_000)])
def test_pins_beside_numbers_fill_a_fifth_of_their_space(pin_length: int, most_cards: int) -> None:
    """MOR's 20 %"""
    assert check_pin_space(NUMBER_AND_PIN, pin_length, most_cards) is None
    assert check_pin_space(NUMBER_AND_PIN, pin_length, most_cards + 1) is not None
    assert pin_length_needed(NUMBER_AND_PIN, most_cards) == pin_length


@pytest.mark.parametrize("pin_length", [7, 17])
@pytest.mark.parametrize("mode", PinEntryMode)
def test_a_pin_has_8_to_16_digits(mode: PinEntryMode, pin_length: int) -> None:
    """JC-29"""
    assert check_pin_space(mode, pin_length, 1) == f"A PIN of {pin_length} digits is refused: choose 8 to 16 digits."


def test_the_sentence_says_the_length_that_is_needed() -> None:
    assert check_pin_space(PIN_ONLY, 8, 100_000) == (
        "100000 cards are too many for PINs of 8 digits (at most 10): choose 12 digits or more, or fewer cards."
    )


def test_more_cards_than_the_longest_pin_allows_have_no_length() -> None:
    assert pin_length_needed(PIN_ONLY, 1_000_000_001) is None
    assert "generate fewer cards, since" in (check_pin_space(PIN_ONLY, 16, 1_000_000_001) or "")
