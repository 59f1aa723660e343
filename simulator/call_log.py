"""What happened in one simulated call, event by event. Keys of a secret entry never reach it: they are masked first."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from simulator.handset import DialAttempt, KeyEnd, KeyWait, Pressed

MASKED: Final = "****"  # of fixed length, so that not even the length of a PIN is told


class CallEnd(StrEnum):
    """How the call ended."""

    GOODBYE = "goodbye"  # the call server ended it
    HUNG_UP = "hung_up"  # the caller did
    SERVICE_UNAVAILABLE = "service_unavailable"  # the server is away or did not finish: the dialplan's own prompt
    ROUNDS_USED_UP = "rounds_used_up"  # ten calls and one round more


class Answered(NamedTuple):
    """The server picked up."""


class Heard(NamedTuple):
    """A prompt that was played, or should have been."""

    prompt_id: str
    language: str
    is_missing: bool = False


class Keyed(NamedTuple):
    """One wait for keys; `keys` includes the '#' that ended it, or is MASKED."""

    keys: str
    end: KeyEnd
    wait: KeyWait

    @classmethod
    def of(cls, pressed: Pressed, wait: KeyWait) -> "Keyed":
        keys = pressed.digits + ("#" if pressed.end is KeyEnd.HASH else "")
        return cls(MASKED if wait.is_secret and keys else keys, pressed.end, wait)

    def after(self, first: "Keyed") -> "Keyed":
        """Both waits as the one entry that they are."""
        keys = MASKED if self.wait.is_secret else first.keys + self.keys
        return self._replace(keys=keys)


class Dialled(NamedTuple):
    """One Dial and how it ended."""

    attempt: DialAttempt
    outcome: str
    dial_status: str
    cause: str
    talk_ms: int
    ended_by: str


class NotDialled(NamedTuple):
    """The dialplan's guards refused what the server set."""

    call_id: str
    variable: str


class SettleAsked(NamedTuple):
    """A settlement was sent; `is_confirmed` when the server answered that it is settled."""

    call_id: str
    place: str
    arguments: tuple[str, ...]
    is_confirmed: bool


class Ended(NamedTuple):
    """The last event."""

    end: CallEnd


Event = Answered | Heard | Keyed | Dialled | NotDialled | SettleAsked | Ended


class CallLog:
    """The events in order; a listener hears each one as it happens."""

    __slots__ = ("_listener", "events")

    def __init__(self, listener: Callable[[Event], None] | None = None) -> None:
        self.events: list[Event] = []
        self._listener = listener

    def add(self, event: Event) -> None:
        self.events.append(event)
        if self._listener is not None:
            self._listener(event)
