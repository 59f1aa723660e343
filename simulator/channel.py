"""One caller's channel on the simulated Asterisk: its variables, language, key waits, and whether it is dead."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator.agi_words import number_of
from simulator.call_log import Answered, CallLog, Heard, Keyed
from simulator.clock import Clock
from simulator.handset import GONE, Handset, KeyEnd, KeyWait, Pressed

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST_KEY_SECONDS: Final = 10.0  # Asterisk's own TIMEOUT(response)
NEXT_KEY_SECONDS: Final = 5.0  # and TIMEOUT(digit)
_EXPRESSION: Final = re.compile(r"\$\{([^{}]*)\}")


class Channel:
    """Everything that AGI commands and the dialplan read and change."""

    def __init__(
        self,
        handset: Handset,
        *,
        name: str,
        unique_id: str,
        caller_id: str,
        language: str = "en",
        prompts_folder: Path | None = None,
        log: CallLog | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.handset = handset
        self.name = name
        self.unique_id = unique_id
        self.caller_id = caller_id  # '' when the caller sends none
        self.language = language
        self.log = log or CallLog()
        self.clock = clock or Clock()
        self.variables: dict[str, str] = {}
        self.first_key_seconds = FIRST_KEY_SECONDS
        self.next_key_seconds = NEXT_KEY_SECONDS
        self.is_answered = False
        self.is_dead = False
        self.is_hung_up_by_server = False
        self.hangs_up_now = False  # a fault of the load driver: the caller leaves in this command
        self.notice_is_due = False  # a HANGUP line goes out before the next reply
        self.key_store: tuple[str, int] | None = None  # StoreDTMF: the variable, and how many keys at most
        self._untold: Keyed | None = None  # a first key that was taken alone: told with the rest of its entry
        self._prompts_folder = prompts_folder

    # Variables and functions.

    def get(self, name: str) -> str | None:
        match name:
            case "CHANNEL(language)":
                return self.language
            case "CHANNEL" | "CHANNEL(name)":
                return self.name
            case "UNIQUEID" | "CHANNEL(uniqueid)":
                return self.unique_id
            case "CALLERID(num)":
                return self.caller_id
            case _:
                return self.variables.get(name)

    def value(self, name: str) -> str:
        """What ${NAME} gives in the dialplan: '' when unset."""
        return self.variables.get(name, "")

    def set(self, name: str, value: str) -> None:
        match name:
            case "CHANNEL(language)":
                self.language = value
            case "TIMEOUT(response)":
                self.first_key_seconds = number_of(value) or FIRST_KEY_SECONDS
            case "TIMEOUT(digit)":
                self.next_key_seconds = number_of(value) or NEXT_KEY_SECONDS
            case _:
                self.variables[name] = value

    def expanded(self, text: str) -> str:
        """Every ${NAME} of the text replaced, once: what comes out is not read again."""
        return _EXPRESSION.sub(lambda found: self.get(found[1]) or "", text)

    # Speaking and listening.

    def answer(self) -> None:
        if not self.is_answered:
            self.is_answered = True
            self.log.add(Answered())

    def hear(self, path: str) -> bool:
        """Play one prompt; False when there is no such file."""
        exists = self._exists(path)
        self.log.add(Heard(path.rpartition("/")[2], self.language, is_missing=not exists))
        return exists

    def hear_all(self, paths: Sequence[str]) -> bool:
        """Play prompts until a key is pressed in one; False when the last one is missing (others are skipped)."""
        exists = True
        for path in paths:
            exists = self.hear(path)
            if exists and self.handset.interrupts():
                break
        return exists

    def press(self, wait: KeyWait) -> Pressed:
        """Wait for keys, in simulated time."""
        if self.is_dead:
            return GONE
        if self.hangs_up_now:
            self.hang_up()
            return GONE
        pressed = self.handset.press(wait)
        self._store(pressed)
        if not wait.is_pause or pressed.digits or pressed.end is not KeyEnd.TIMEOUT:
            self._tell(Keyed.of(pressed, wait))
        if pressed.end is KeyEnd.TIMEOUT:
            self.clock.skip(int(1000 * (wait.next_seconds if pressed.digits else wait.first_seconds)))
        if pressed.end is KeyEnd.HUNG_UP:
            self.hang_up()
        return pressed

    def tell_keys(self) -> None:
        """The entry is over: a key that was taken alone was all of it."""
        untold, self._untold = self._untold, None
        if untold is not None:
            self.log.add(untold)

    def _tell(self, keyed: Keyed) -> None:
        before, self._untold = self._untold, None
        if before is not None:
            keyed = keyed.after(before)
        if keyed.wait.digits_max == 1 and keyed.end is KeyEnd.FULL:
            self._untold = keyed
        else:
            self.log.add(keyed)

    def _store(self, pressed: Pressed) -> None:
        if self.key_store is not None:
            name, keys_max = self.key_store
            keys = self.variables.get(name, "") + pressed.digits + ("#" if pressed.end is KeyEnd.HASH else "")
            self.variables[name] = keys[:keys_max]

    def hang_up(self, *, by_server: bool = False) -> None:
        self.is_dead = True
        self.hangs_up_now = False
        self.is_hung_up_by_server = by_server
        self.notice_is_due = not by_server and self.variables.get("AGISIGHUP") != "no"

    def _exists(self, path: str) -> bool:
        """As Asterisk looks: in the folder of the language first. Without a prompts folder every prompt exists."""
        if self._prompts_folder is None:
            return True
        file = self._prompts_folder / f"{Path(path).name}.wav"
        return (file.parent / self.language / file.name).is_file() or file.is_file()
