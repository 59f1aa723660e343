"""Calls shared out among carriers by weight: each draw falls into one carrier's part of the whole."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

DRAW_BITS: Final = 32
DRAWS: Final = 1 << DRAW_BITS
_STRIDE: Final = 2_654_435_769  # 2**32 over the golden ratio: draws that follow one another lie evenly apart


def next_draw(draw: int) -> int:
    """The draw after this one. Of any n in a row each part gets its share to within a call or two, where draws by
    chance would be off by the root of n.
    """
    return (draw + _STRIDE) % DRAWS


def scattered(draw: int) -> int:
    """Another draw that follows from this one but is independent of it, for a second choice in the same call."""
    mixed = (draw ^ (draw >> 16)) * 0x85EBCA6B % DRAWS
    mixed = (mixed ^ (mixed >> 13)) * 0xC2B2AE35 % DRAWS
    return mixed ^ (mixed >> 16)


def drawn(weights: Sequence[int], draw: int) -> int | None:
    """The place of the weight into whose part the draw falls; None if all are 0."""
    ends = list(accumulate(weights))
    total = ends[-1] if ends else 0
    if total == 0:
        return None
    point = draw * total >> DRAW_BITS
    return next(place for place, end in enumerate(ends) if point < end)
