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
    """One Dial that passed the dialplan's guards."""

    call_id: str
    route: str
    number: str
    ring_seconds: int
    limit_ms: int


class Handset(Protocol):
    """Who presses keys and decides what carriers do."""

    def interrupts(self) -> bool:
        """Tell whether a key is pressed in the prompt that speaks now."""
        ...

    def press(self, wait: KeyWait) -> Pressed: ...

    def outcome(self, attempt: DialAttempt) -> CarrierOutcome: ...


class ScriptedHandset:
    """Presses the entries of a key script; carriers do what the list says, and at its end go on with its last word."""

    __slots__ = ("_entries", "_is_early", "_outcomes", "_outcomes_used")

    def __init__(self, entries: Sequence[str], outcomes: Sequence[CarrierOutcome]) -> None:
        if not outcomes:
            raise ValueError("at least one carrier outcome")
        self._entries = list(reversed(entries))
        self._outcomes = outcomes
        self._outcomes_used = 0
        self._is_early = False  # in the middle of an entry that interrupted its prompt

    def interrupts(self) -> bool:
        return self._is_early or bool(self._entries and self._entries[-1].startswith(INTERRUPT))

    def press(self, wait: KeyWait) -> Pressed:
        early = self.interrupts()
        if not self._entries or (wait.is_pause and not early):
            return SILENT
        entry = self._entries.pop().removeprefix(INTERRUPT)
        at_most = 1 if wait.next_seconds < PAUSE_SECONDS_MAX else wait.digits_max
        pressed, rest = pressed_of(entry, min(at_most, wait.digits_max), wait.digits_max)
        if rest:
            self._entries.append(rest)
        self._is_early = early and bool(rest) and pressed.end is KeyEnd.TIMEOUT
        return pressed

    def outcome(self, attempt: DialAttempt) -> CarrierOutcome:  # noqa: ARG002 - the list is in the order of Dials
        place = min(self._outcomes_used, len(self._outcomes) - 1)
        self._outcomes_used += 1
        return self._outcomes[place]


def pressed_of(entry: str, taken_max: int, digits_max: int) -> tuple[Pressed, str]:
    """The keys of `entry` that one wait takes, and what is left of the entry."""
    keys = entry[:taken_max]
    for place, key in enumerate(keys):
        if key == "#":
            return Pressed(keys[:place], KeyEnd.HASH), entry[place + 1 :]
        if key == HANG_UP:
            return Pressed(keys[:place], KeyEnd.HUNG_UP), ""
    rest = entry[len(keys) :]
    if len(keys) < digits_max:
        return Pressed(keys, KeyEnd.TIMEOUT), rest
    # people press '#' out of habit when the entry is full already: it belongs to this entry, not to the next question
    return Pressed(keys, KeyEnd.FULL), rest.removeprefix("#")
