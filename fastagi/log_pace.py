"""A bound on how often a line of one kind is logged: what an attacker causes must not fill the disk."""

from collections.abc import Callable
from typing import Final

SECONDS_BETWEEN_LINES: Final = 10.0  # enough to see that it goes on; the line tells how many were left out


class LogPace:
    """Lets one line of a kind through in a while and counts the others."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def unsaid_before(self, kind: str) -> int | None:
        """Answer how many lines of this kind were left out before this one, or None when this one is left out too."""
        now = self._clock()
        if now < self._due.get(kind, 0.0):
            self._unsaid[kind] = self._unsaid.get(kind, 0) + 1
            return None
        self._due[kind] = now + SECONDS_BETWEEN_LINES
        return self._unsaid.pop(kind, 0)
