"""What a call flow sees of a telephone call: a Protocol, so that a scripted call can stand in for Asterisk in tests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class KeyEnd(StrEnum):
    """What ended an entry of keys."""

    TIMEOUT = "timeout"  # the caller stopped pressing keys, or never began
    HASH = "hash"  # the caller pressed '#'; with no digits before it: a bare '#'
    FULL = "full"  # as many digits as were asked for


@dataclass(frozen=True, slots=True)
class Keyed:
    """The keys of one answer: digits and '*', never the '#' that ended it."""

    digits: str
    end: KeyEnd


class CallerHungUp(Exception):
    """The caller is gone: raised by any verb of Call, caught once in the server."""


class CallLost(CallerHungUp):
    """The connection to Asterisk ended, fell silent, or spoke no AGI: to the flow the same as a caller who hung up."""


class PromptMissing(Exception):
    """Asterisk could not play a prompt: an error of ours, told to the caller by an excuse that does exist."""


class Call(Protocol):
    """One caller on the line. Every verb may raise CallerHungUp; `ask` and `play` may raise PromptMissing."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments that the dialplan gave to AGI(), in order."""
        ...

    @property
    def caller_id(self) -> str:
        """The caller's number as Asterisk sent it, unchecked; '' when unknown."""
        ...

    @property
    def channel(self) -> str: ...

    @property
    def unique_id(self) -> str: ...

    def heard(self) -> tuple[dict[str, Any], ...]:
        """What was said and keyed so far, for the call record; no digit of a PIN is in it."""
        ...

    async def answer(self) -> None: ...

    async def speak_in(self, language: str) -> None:
        """Choose the language of the prompts that follow."""
        ...

    async def wait_for_keys(self, first_seconds: int, next_seconds: int) -> None:
        """Choose how long `ask` waits for the first key after the prompts, and between two keys."""
        ...

    async def ask(
        self,
        prompts: Sequence[str],
        digits_max: int,
        *,
        secret: bool = False,
        is_secret: Callable[[str], bool] | None = None,
    ) -> Keyed:
        """Speak, then collect up to `digits_max` digits; '#' ends the entry, a key pressed early ends the speech.

        A `secret` entry leaves no trace of its keys; `is_secret` tells afterwards of one that turned out to be one.
        """
        ...

    async def play(self, prompts: Sequence[str]) -> None:
        """Speak; any key ends the speech and is dropped."""
        ...

    async def set_variables(self, values: Mapping[str, str]) -> None:
        """Set channel variables, in the order given."""
        ...
