"""How long a PIN must be for its number of cards (features.md 3.9), in whole numbers only."""

from collections.abc import Iterator
from typing import Final

from billing.states import PinEntryMode

PIN_LENGTH_MIN: Final = 8  # JC-29
PIN_LENGTH_MAX: Final = 16
# A PIN that logs in alone: one random try hits a card with a chance of at most 1 in ten million.
PINS_PER_CARD_PIN_ONLY: Final = 10_000_000
# A PIN beside a number: MOR's 20 % of the space, so that drawing unique PINs stays quick.
PINS_PER_CARD_NUMBER_AND_PIN: Final = 5


def check_pin_space(entry_mode: PinEntryMode, pin_length: int, cards_total: int) -> str | None:
    """None, or the sentence that says what to change.

    `cards_total` counts the new cards and all others that share the space: in `pin_only` every card of this PIN length
    in `pin_only` groups, in `number_and_pin` every card of this PIN length.
    """
    if not PIN_LENGTH_MIN <= pin_length <= PIN_LENGTH_MAX:
        return f"A PIN of {pin_length} digits is refused: choose {PIN_LENGTH_MIN} to {PIN_LENGTH_MAX} digits."
    cards_max = most_cards(entry_mode, pin_length)
    if cards_total <= cards_max:
        return None
    refused = f"{cards_total} cards are too many for PINs of {pin_length} digits (at most {cards_max})"
    needed_length = pin_length_needed(entry_mode, cards_total)
    if needed_length is None:
        return f"{refused}: generate fewer cards, since no PIN is longer than {PIN_LENGTH_MAX} digits."
    return f"{refused}: choose {needed_length} digits or more, or fewer cards."


def parts_as_long_as_a_pin(digits: str) -> Iterator[str]:
    """Every run of digits within an entry that could be a PIN."""
    for begin in range(len(digits) - PIN_LENGTH_MIN + 1):
        for end in range(begin + PIN_LENGTH_MIN, min(begin + PIN_LENGTH_MAX, len(digits)) + 1):
            yield digits[begin:end]


def most_cards(entry_mode: PinEntryMode, pin_length: int) -> int:
    pins: int = 10**pin_length
    if entry_mode is PinEntryMode.PIN_ONLY:
        return pins // PINS_PER_CARD_PIN_ONLY
    return pins // PINS_PER_CARD_NUMBER_AND_PIN


def pin_length_needed(entry_mode: PinEntryMode, cards: int) -> int | None:
    """The shortest PIN that this many cards may have, or None when even the longest is too short."""
    for pin_length in range(PIN_LENGTH_MIN, PIN_LENGTH_MAX + 1):
        if cards <= most_cards(entry_mode, pin_length):
            return pin_length
    return None


def tries_to_a_hit(entry_mode: PinEntryMode, pin_length: int, cards_total: int) -> int:
    """One random try hits with a chance of 1 in this many: any card where the PIN logs in alone, else the one card
    whose number was keyed.
    """
    pins: int = 10**pin_length
    return pins // max(1, cards_total) if entry_mode is PinEntryMode.PIN_ONLY else pins
