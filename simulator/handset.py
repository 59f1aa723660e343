"""The person on the telephone, as the simulated Asterisk asks: which keys now, and how does this Dial end?"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from simulator.carriers import CarrierOutcome
from simulator.key_script import HANG_UP, INTERRUPT

PAUSE_SECONDS_MAX: Final = 0.5  # a shorter wait is there to catch keys pressed early, not to wait for any


class KeyEnd(StrEnum):
    """What ended a wait for keys."""

    TIMEOUT = "timeout"
    HASH = "hash"
    FULL = "full"
    HUNG_UP = "hung_up"


class KeyWait(NamedTuple):
    """What the call server asks for: at most `digits_max` keys, '#' ends; a secret entry is never shown."""

    digits_max: int
    first_seconds: float
    next_seconds: float
    is_secret: bool
    goes_on: bool = False  # the same entry as the wait before: its first key was taken alone

    @property
    def is_pause(self) -> bool:
        return self.first_seconds < PAUSE_SECONDS_MAX


class Pressed(NamedTuple):
    """The keys of one wait, without the '#' that ended it."""

    digits: str
    end: KeyEnd


SILENT: Final = Pressed("", KeyEnd.TIMEOUT)
GONE: Final = Pressed("", KeyEnd.HUNG_UP)


@dataclass(frozen=True, slots=True)
class DialAttempt:
    """One Dial that passed the dialplan's guards. `shown` is the caller id: digits, "withheld", or the caller's own."""

    call_id: str
    route: str
    number: str
    ring_seconds: int
    limit_ms: int
    shown: str = ""


class Handset(Protocol):
    """Who presses keys and decides what carriers do."""

    def interrupts(self) -> bool:
        """Tell whether a key is pressed in the prompt that speaks now."""
        ...

    def press(self, wait: KeyWait) -> Pressed: ...

    def outcome(self, attempt: DialAttempt) -> CarrierOutcome: ...


class ScriptedHandset:
    """Presses the entries of a key script; carriers do what the list says, and at its end go on with its last word."""

    __slots__ = ("_entries", "_outcomes", "_outcomes_used", "_rest")

    def __init__(self, entries: Sequence[str], outcomes: Sequence[CarrierOutcome]) -> None:
        if not outcomes:
            raise ValueError("at least one carrier outcome")
        self._entries = list(reversed(entries))
        self._outcomes = outcomes
        self._outcomes_used = 0
        self._rest = EntryRest()

    def interrupts(self) -> bool:
        return not self._rest.for_the_next() and bool(self._entries and self._entries[-1].startswith(INTERRUPT))

    def press(self, wait: KeyWait) -> Pressed:
        if wait.goes_on:
            return self._rest.press(wait)
        if wait.is_pause and not self.interrupts():
            return SILENT
        entry = self._rest.for_the_next()
        if not entry and self._entries:
            entry = self._entries.pop().removeprefix(INTERRUPT)
        self._rest.keys = entry
        return self._rest.press(wait)

    def outcome(self, attempt: DialAttempt) -> CarrierOutcome:  # noqa: ARG002 - the list is in the order of Dials
        place = min(self._outcomes_used, len(self._outcomes) - 1)
        self._outcomes_used += 1
        return self._outcomes[place]


class EntryRest:
    """What is left of an entry after a wait took its part: for a wait that goes on, else for the next question."""

    __slots__ = ("_is_full", "keys")

    def __init__(self) -> None:
        self.keys = ""
        self._is_full = False

    def press(self, wait: KeyWait) -> Pressed:
        pressed, self.keys = pressed_of(self.keys, wait.digits_max)
        self._is_full = pressed.end is KeyEnd.FULL
        return pressed

    def for_the_next(self) -> str:
        """People press '#' out of habit when the entry is full already: it belongs to that entry, and is dropped."""
        if self._is_full:
            self.keys, self._is_full = self.keys.removeprefix("#"), False
        return self.keys


def pressed_of(entry: str, digits_max: int) -> tuple[Pressed, str]:
    """The keys of `entry` that one wait takes, and what is left of the entry."""
    keys = entry[:digits_max]
    for place, key in enumerate(keys):
        if key == "#":
            return Pressed(keys[:place], KeyEnd.HASH), entry[place + 1 :]
        if key == HANG_UP:
            return Pressed(keys[:place], KeyEnd.HUNG_UP), ""
    rest = entry[len(keys) :]
    if len(keys) < digits_max:
        return Pressed(keys, KeyEnd.TIMEOUT), rest
    return Pressed(keys, KeyEnd.FULL), rest
