"""Amounts of other currencies for reports: converted by whole parts, with the rounding beside the result."""

import re
from typing import Final, NamedTuple

from billing.money import divide_floor

# A unit's value as parts of 10^12: six figures of the weakest currencies, and millions of units of them for the
# strongest, in a BIGINT.
PARTS_PER_UNIT: Final = 10**12
VALUE_PARTS_MAX: Final = 9 * 10**18
_DECIMALS: Final = 12
_VALUE: Final = re.compile(rf"([0-9]{{1,7}})(?:\.([0-9]{{1,{_DECIMALS}}}))?")


class ExchangeRefused(ValueError):
    """The text is no value of a currency; the sentence says what to change."""


class Converted(NamedTuple):
    """Rounded down to whole micros: `lost_parts` of a micro (of 10^12) are left out, 0 where nothing was rounded."""

    micros: int
    lost_parts: int


def converted(micros: int, value_parts: int) -> Converted:
    """Of a currency whose unit is worth `value_parts`. Sum first and convert once: then less than a micro is lost."""
    exact = micros * value_parts
    whole = divide_floor(exact, PARTS_PER_UNIT)
    return Converted(whole, exact - whole * PARTS_PER_UNIT)


def value_parts_from_text(text: str) -> int:
    """`1.0852` -> 1,085,200,000,000."""
    value = _VALUE.fullmatch(text.strip())
    if value is None:
        raise ExchangeRefused(
            f"{text!r} is no value of a unit: write digits and a point, such as 1.0852, at most 12 digits behind it."
        )
    units, decimals = value.groups(default="")
    parts = int(units) * PARTS_PER_UNIT + int(decimals.ljust(_DECIMALS, "0"))
    if not 0 < parts <= VALUE_PARTS_MAX:
        raise ExchangeRefused(f"A unit cannot be worth {text}: give more than 0 and at most 9000000.")
    return parts


def text_from_value_parts(parts: int) -> str:
    units, rest = divmod(parts, PARTS_PER_UNIT)
    decimals = f"{rest:0{_DECIMALS}d}".rstrip("0")
    return f"{units}.{decimals}" if decimals else str(units)
