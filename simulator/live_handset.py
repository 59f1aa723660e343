"""A handset in real time: keys come one by one through a pipe, prompts take as long as their files, and the call has
an end.
"""

import os
import select
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from simulator.carriers import CarrierOutcome
from simulator.handset import DialAttempt, KeyEnd, KeyWait, Pressed
from simulator.key_script import HANG_UP

KEYS: Final = frozenset("0123456789*#" + HANG_UP)
KEYS_MAX: Final = 200  # pressed and not yet asked for; more are dropped
READ_BYTES: Final = 512
HABIT_SECONDS: Final = 2.0  # a '#' so soon after a full entry belongs to that entry

Asks = Callable[[KeyWait], None]


class LiveHandset:
    """`asks` is told of each question; after `seconds_max` the caller hangs up, whatever is going on."""

    def __init__(self, pipe: int, outcomes: Sequence[CarrierOutcome], seconds_max: float, asks: Asks) -> None:
        self._pipe = pipe
        self._outcomes = outcomes
        self._outcomes_used = 0
        self._ends_at = time.monotonic() + seconds_max
        self._asks = asks
        self._keys: deque[str] = deque()
        self._full_at = -HABIT_SECONDS

    def listen(self, seconds: float) -> None:
        """A prompt speaks; a key ends it."""
        until = time.monotonic() + seconds
        while not self._keys and (left := until - time.monotonic()) > 0:
            self._wait(left)

    def interrupts(self) -> bool:
        self._wait(0)
        return bool(self._keys)

    def press(self, wait: KeyWait) -> Pressed:
        if not (wait.is_pause or wait.goes_on):
            self._asks(wait)
        digits, seconds = "", wait.first_seconds
        while len(digits) < wait.digits_max:
            key = self._next_key(seconds)
            if key in {"", "#", HANG_UP}:
                return Pressed(digits, {"": KeyEnd.TIMEOUT, "#": KeyEnd.HASH, HANG_UP: KeyEnd.HUNG_UP}[key])
            digits, seconds = digits + key, wait.next_seconds
        if wait.digits_max > 1:
            self._full_at = time.monotonic()
            self._drop_habit()
        return Pressed(digits, KeyEnd.FULL)

    def outcome(self, attempt: DialAttempt) -> CarrierOutcome:  # noqa: ARG002 - the list is in the order of Dials
        place = min(self._outcomes_used, len(self._outcomes) - 1)
        self._outcomes_used += 1
        return self._outcomes[place]

    def _next_key(self, seconds: float) -> str:
        """'' when none came in time."""
        until = time.monotonic() + seconds
        self._wait(0)
        while not self._keys and (left := until - time.monotonic()) > 0:
            self._wait(left)
        return self._keys.popleft() if self._keys else ""

    def _wait(self, seconds: float) -> None:
        """Until something is pressed, but no longer than the call may last."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            self._keys.append(HANG_UP)
        elif select.select([self._pipe], [], [], max(0.0, min(seconds, left)))[0]:
            pressed = os.read(self._pipe, READ_BYTES).decode("ascii", "replace")
            self._keys.extend(key for key in pressed if key in KEYS and len(self._keys) < KEYS_MAX)
            self._drop_habit()

    def _drop_habit(self) -> None:
        """People press '#' out of habit when the entry is full already."""
        if self._keys and time.monotonic() - self._full_at < HABIT_SECONDS:
            self._full_at = -HABIT_SECONDS
            if self._keys[0] == "#":
                self._keys.popleft()
