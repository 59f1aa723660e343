"""Secret digits for PINs and codes, from the operating system's random source only."""

import os
import struct
from collections.abc import Callable

RandomSource = Callable[[int], bytes]
DRAW_BYTES = 8
DRAWS_TOTAL = 256**DRAW_BYTES


def random_digits(count: int, length: int, source: RandomSource = os.urandom) -> list[str]:
    """So many texts of `length` digits (at most 16), each of the 10^length equally likely."""
    space: int = 10**length
    # Draws above the last whole multiple are thrown away: taken by remainder they would favour low digits.
    limit = DRAWS_TOTAL - DRAWS_TOTAL % space
    texts: list[str] = []
    while len(texts) < count:
        missing = count - len(texts)
        draws = struct.unpack(f"<{missing}Q", source(missing * DRAW_BYTES))
        texts += [f"{draw % space:0{length}d}" for draw in draws if draw < limit]
    return texts


def distinct_digits(count: int, length: int, source: RandomSource = os.urandom) -> list[str]:
    """The same, each text once, in the order in which they were drawn."""
    texts: dict[str, None] = {}
    while len(texts) < count:
        texts |= dict.fromkeys(random_digits(count - len(texts), length, source))
    return list(texts)
