"""The text phone's line of one operator: a process of its own makes the call, so that any process of the console can
press keys and tell what happened.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.calls.try_call import TryRefused
from services.store.settings import Settings
from web_base.texts import gettext

LINES_MAX = 8  # calls of all operators at once
START_SECONDS_MAX = 15
EVENT_BYTES_MAX = 4 * 1024 * 1024
BUSY = 3  # exit status of simulator.line


@dataclass(frozen=True, slots=True)
class Order:
    """What is dialled, by whom, and how its Dials end, in the words of `callingcard dial --carrier`."""

    access_number: str
    caller_id: str
    carriers: str
    language: str


class PhoneLine:
    """One call at a time; what happened in the last one stays until the next."""

    def __init__(self, settings: Settings, operator_id: int) -> None:
        self._settings = settings
        self._phones = settings.state_dir.resolve() / "phones"
        self._folder = self._phones / str(operator_id)

    @property
    def is_up(self) -> bool:
        return is_read(self._folder / "keys")

    def start(self, order: Order) -> None:
        """Raises TryRefused with the sentence to show."""
        if sum(is_read(pipe) for pipe in self._phones.glob("*/keys")) >= LINES_MAX:
            raise TryRefused(gettext("Every test line is in use. Try again in a few minutes."))
        asked = {
            "host": self._settings.fastagi_host,
            "port": self._settings.fastagi_port,
            "access_number": order.access_number,
            "caller_id": order.caller_id,
            "carriers": order.carriers,
            "language": order.language,
            "prompts": str(self._settings.prompts_dir),
        }
        done = subprocess.run(
            [sys.executable, "-m", "simulator.line", str(self._folder)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=START_SECONDS_MAX,
            check=False,
        )
        if done.returncode == BUSY:
            raise TryRefused(gettext("You have a test call already: hang it up first."))
        if done.returncode:
            raise TryRefused(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else gettext("No line."))

    def press(self, keys: str) -> bool:
        """False when the call is over."""
        try:
            pipe = os.open(self._folder / "keys", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return False
        try:
            os.write(pipe, keys.encode("ascii"))
        except BlockingIOError:
            return False
        finally:
            os.close(pipe)
        return True

    def events(self) -> list[dict[str, Any]]:
        """Of the call that is up, or of the last one; a line that is being written comes the next time."""
        try:
            with (self._folder / "events").open("rb") as file:
                whole = file.read(EVENT_BYTES_MAX).split(b"\n")[:-1]
        except OSError:
            return []
        return [json.loads(line) for line in whole]


def is_read(pipe: Path) -> bool:
    """A pipe is read by the process of a call that is up."""
    try:
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
