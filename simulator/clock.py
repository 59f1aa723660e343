"""The simulated clock: the real one, plus the seconds that were talked and waited without taking any time."""

import time
from collections.abc import Callable
from typing import Final

NANOSECONDS_PER_MS: Final = 1_000_000


def real_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // NANOSECONDS_PER_MS


class Clock:
    """Milliseconds since the epoch, of which some are skipped: 65 s of talk are over at once."""

    __slots__ = ("_real_ms", "skipped_ms")

    def __init__(self, real: Callable[[], int] = real_ms) -> None:
        self._real_ms = real
        self.skipped_ms = 0

    def now_ms(self) -> int:
        return self._real_ms() + self.skipped_ms

    def skip(self, milliseconds: int) -> None:
        self.skipped_ms += max(0, milliseconds)
