"""The number that a carrier is shown for a call (V-35): the caller's own, one of the carrier account's, or none."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from billing.share import DRAW_BITS, scattered


class CallerIdMode(StrEnum):
    """The number that a carrier is shown (V-35)."""

    PASSED = "passed"  # the caller's own
    FIXED = "fixed"
    POOL_RANDOM = "pool_random"
    POOL_POLLED = "pool_polled"  # one after the other
    WITHHELD = "withheld"


PASSED: Final = CallerIdMode.PASSED.value
WITHHELD: Final = CallerIdMode.WITHHELD.value


def shown_caller_id(mode: CallerIdMode, numbers: Sequence[str], *, draw: int, place: int) -> str:
    """Digits, or one of the words `passed` and `withheld`.

    Only a number of the account's own list is ever shown in the caller's place: without one nothing is. `draw` chooses
    from a pool by chance, `place` is whose turn it is in one that is polled.
    """
    if mode is CallerIdMode.PASSED:
        return PASSED
    if mode is CallerIdMode.WITHHELD or not numbers:
        return WITHHELD
    match mode:
        case CallerIdMode.POOL_RANDOM:
            return numbers[scattered(draw) * len(numbers) >> DRAW_BITS]
        case CallerIdMode.POOL_POLLED:
            return numbers[place % len(numbers)]
        case _:
            return numbers[0]
