"""What the caller is told of time and balance: the ghost percents of features.md 3.3, which never touch money."""

from collections.abc import Mapping
from typing import Final

from billing.money import divide_floor, floor_to_coin

GHOST_PERCENT_NEUTRAL: Final = 100
GHOST_PERCENT_MIN: Final = 20
GHOST_PERCENT_MAX: Final = 200


class GhostPercentRefused(ValueError):
    """The percent may not be announced with; the sentence says why and what to change."""


def announced_seconds(limit_seconds: int, percent: int, *, say_seconds: bool) -> int:
    """What is said of `limit_seconds`; whole minutes unless seconds are said, so 0 means less than one minute."""
    seconds = divide_floor(limit_seconds * percent, 100)
    return seconds if say_seconds else divide_floor(seconds, 60) * 60


def spoken_balance_micros(available_micros: int, percent: int, currency: str) -> int:
    return floor_to_coin(divide_floor(available_micros * percent, 100), currency)


def ghost_percent_for(destination: str, overrides: Mapping[str, int], default: int) -> int:
    """The override of the longest prefix of the destination; an override of the empty prefix matches any."""
    for length in range(len(destination), -1, -1):
        if destination[:length] in overrides:
            return overrides[destination[:length]]
    return default


def validate_ghost_percent(percent: int, *, above_100_allowed: bool) -> None:
    if percent < GHOST_PERCENT_MIN:
        raise GhostPercentRefused(
            f"{percent} is below {GHOST_PERCENT_MIN}: give a percent, where 100 announces the true time, not a factor."
        )
    if percent > GHOST_PERCENT_MAX:
        raise GhostPercentRefused(f"{percent} is above {GHOST_PERCENT_MAX}: no caller may be told more than double.")
    if percent > GHOST_PERCENT_NEUTRAL and not above_100_allowed:
        raise GhostPercentRefused(
            f"{percent} would announce more than the card can pay: give at most 100, or turn on allow_ghost_above_100."
        )
