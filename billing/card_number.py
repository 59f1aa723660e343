"""Card numbers: `<series>-<serial>`, where the last nine digits are always the serial (features.md 3.8)."""

import re
from typing import Final

SERIES_NUMBER_MAX: Final = 100_000_000
SERIAL_DIGITS: Final = 9
SERIAL_MAX: Final = 999_999_999
CARD_NUMBER_DIGITS_MAX: Final = 18
_CARD_NUMBER: Final = re.compile(r"([1-9][0-9]{0,8})-?([0-9]{9})")


class CardNumberRefused(ValueError):
    """No card can have this number; the sentence says what to change."""


def card_number(series_number: int, serial: int) -> str:
    """45, 1122333 -> `"45-001122333"`."""
    _check_series_number(series_number)
    if not 0 <= serial <= SERIAL_MAX:
        raise CardNumberRefused(f"The serial {serial} is out of range: give a whole number from 0 to {SERIAL_MAX}.")
    return f"{series_number}-{serial:0{SERIAL_DIGITS}d}"


def number_length(series_number: int) -> int:
    """The digits that a caller keys for a card of this series."""
    _check_series_number(series_number)
    return len(str(series_number)) + SERIAL_DIGITS


def find_series_and_serial(number: str) -> tuple[int, int] | None:
    """Series and serial of a number with or without its dash, or None when no card can have it."""
    parts = _CARD_NUMBER.fullmatch(number)
    if parts is None or int(parts[1]) > SERIES_NUMBER_MAX:
        return None
    return int(parts[1]), int(parts[2])


def keyed_number(number: str) -> str:
    """The number as it is keyed, without its dash."""
    if find_series_and_serial(number) is None:
        raise CardNumberRefused(
            f"{number!r} is no card number: give the series, a dash if you like, and {SERIAL_DIGITS} digits."
        )
    return number.replace("-", "")


def grouped(pin: str) -> str:
    """For reading aloud and for print: `"959261607855"` -> `"9592 6160 7855"`."""
    return " ".join(pin[start : start + 4] for start in range(0, len(pin), 4))


def _check_series_number(series_number: int) -> None:
    if not 1 <= series_number <= SERIES_NUMBER_MAX:
        raise CardNumberRefused(
            f"The series number {series_number} is out of range: give a whole number from 1 to {SERIES_NUMBER_MAX}."
        )
