"""A tax's rate as people write it, in percent, and as it is stored, in parts per million."""

from billing.money import MICROS_PER_UNIT, divide_floor, micros_from_text, text_from_micros

PERCENT_PARTS = 10_000  # a percent in parts per million


class PercentRefused(ValueError):
    """The sentence says what to write."""


def parts_from_percent(text: str) -> int:
    """`7.25` -> 72,500. MoneyTextRefused where it is no number at all."""
    parts, rest = divmod(micros_from_text(text) * PERCENT_PARTS, MICROS_PER_UNIT)
    if rest:
        raise PercentRefused(f"{text} % is too fine: give at most four digits after the point.")
    return parts


def percent_from_parts(parts: int) -> str:
    return text_from_micros(divide_floor(parts * MICROS_PER_UNIT, PERCENT_PARTS), 0)
