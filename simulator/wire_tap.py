"""What passes between call server and phone, line by line, for a reader: the keys of a secret entry are masked."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from simulator.agi_words import agi_words
from simulator.call_log import MASKED

KEYED_BY: Final = frozenset({"GET DATA", "STREAM FILE", "WAIT FOR"})
SECRET_DIGITS_MIN: Final = 4  # a shorter entry is no PIN, and would mask half of what is shown
_RESULT: Final = re.compile(r"(?<=result=)[^ ]+")


class Exchange(NamedTuple):
    """One command of the call server and what the phone answered."""

    command: str
    reply: str


Tap = Callable[[Exchange], None]


class WireTap:
    """Remembers what was keyed in secret, so that the same digits are masked wherever they come again."""

    def __init__(self, tell: Tap) -> None:
        self._tell = tell
        self._secrets: set[str] = set()

    def passed(self, command: str, reply: str, *, was_stored: bool) -> None:
        """`was_stored`: the keys of this command went into a store, so that they are no secret."""
        if not was_stored and " ".join(agi_words(command)[:2]).upper() in KEYED_BY:
            reply = self._without_keys(reply)
        self._tell(Exchange(self.masked(command), self.masked(reply)))

    def masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASKED)
        return text

    def _without_keys(self, reply: str) -> str:
        found = _RESULT.search(reply)
        if found is None or found[0] in {"-1", "0"}:
            return reply
        if len(found[0]) >= SECRET_DIGITS_MIN:
            self._secrets.add(found[0])
        return _RESULT.sub(MASKED, reply)
