"""A caller on the test phone who answers each question as it is asked, and remembers what was said."""

from __future__ import annotations

import json
import secrets
import time
import wave
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from telephony.heard import heard_prompts
from telephony.phone import LINE_DEFAULT
from tests.asterisk_fixtures import cel_rows, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from house import House

    from models import CallRecord
    from telephony.phone import PhoneCall

STEP_SECONDS_MAX = 30  # a carrier that rings, and a question that waits for its time-outs, on a busy machine
LOOK_SECONDS = 0.02
ASK_NUMBER = "enter-destination-end-with-hash"
ASK_CARD, ASK_PIN = "enter-card-number", "enter-pin"


class Steps:
    """The trace of one caller, read as it is written."""

    def __init__(self, file: Path, caller_id: str | None) -> None:
        self._lines = file.open("rb")
        self._lines.seek(0, 2)
        self._rest = b""
        self._caller_id = caller_id
        self.unique_id: str | None = None

    def read(self) -> list[dict[str, Any]]:
        *whole, self._rest = (self._rest + self._lines.read()).split(b"\n")
        return [step for step in map(json.loads, whole) if self._is_mine(step)]

    def close(self) -> None:
        self._lines.close()

    def _is_mine(self, step: dict[str, Any]) -> bool:
        """The first call from this number; without a number, the first call at all."""
        if self.unique_id is None and step["step"] == "answered" and self._caller_id in (None, step["caller"]):
            self.unique_id = step["unique_id"]
        return bool(step["unique_id"] == self.unique_id)


@dataclass
class Caller:
    house: House
    phone: PhoneCall
    steps: Steps
    language: str
    said: list[str] = field(default_factory=list)
    call_ids: list[str] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)

    def answers(self, question: str, keys: str) -> None:
        """Press the keys as soon as the question begins; it is cut off by the first one."""
        self.is_asked(question)
        self.phone.press(keys)

    def listens(self, question: str, keys: str = "") -> None:
        """Let the question play out, then press the keys."""
        time.sleep(self._seconds_of(self.is_asked(question)) + 0.3)
        self.phone.press(keys)

    def is_asked(self, question: str) -> list[str]:
        """All that is said with the question; another question is a failure."""
        prompts = self.comes_to("asked")["prompts"]
        assert prompts[-1] == question, f"asked {' '.join(prompts)}"
        return list(prompts)

    def is_connected(self, *, is_patient: bool = False) -> str:
        """The call was handed to Dial; its id. Who is not patient cuts the announcement of the time off by a key."""
        while True:
            step = self.comes_to("played", "set")
            if step["step"] == "played" and not is_patient:
                self.phone.press("5")
            if step.get("variables", "").startswith("CARD_NEXT=dial"):
                return self.call_ids[-1]

    def talks(self, *, is_patient: bool = False) -> str:
        """A carrier answered; the call's id."""
        call_id = self.is_connected(is_patient=is_patient)
        wait_for(lambda: any(row[0] == "ANSWER" for row in self._legs(call_id)), STEP_SECONDS_MAX)
        return call_id

    def waits_for_the_end(self, seconds: float = STEP_SECONDS_MAX) -> None:
        """Until the platform hangs up; all that is said meanwhile is remembered."""
        assert self.phone.wait_for_end(seconds) is not None, f"the call goes on: {self.said}"
        self._read()
        for step in self.waiting:
            self._remember(step)
        self.waiting.clear()

    def is_heard(self, *prompts: str) -> bool:
        """In the recording, one after another and whole; of use when the call is over."""
        paths = [self.house.prompts / self.language / f"{prompt}.wav" for prompt in prompts]
        missed = [one.prompt.stem for one in heard_prompts(self.phone.recording, paths) if not one.was_heard]
        assert missed == [], f"not heard: {missed} of {prompts}"
        return True

    def heard_at(self, prompt: str) -> float:
        """Seconds after the answer at which the prompt began."""
        (found,) = heard_prompts(self.phone.recording, [self.house.prompts / self.language / f"{prompt}.wav"])
        assert found.was_heard, f"{prompt} was not heard"
        return found.at_seconds

    def record(self, place: int = -1) -> CallRecord:
        return self.house.record(self.call_ids[place])

    def comes_to(self, *kinds: str) -> dict[str, Any]:
        """The next step of one of these kinds."""
        deadline = time.monotonic() + STEP_SECONDS_MAX
        while time.monotonic() < deadline:
            self._read()
            while self.waiting:
                step = self.waiting.pop(0)
                self._remember(step)
                if step["step"] in kinds:
                    return step
            time.sleep(LOOK_SECONDS)
        raise AssertionError(f"no step {kinds} came; said so far: {self.said}")

    def _read(self) -> None:
        self.waiting += self.steps.read()

    def _remember(self, step: dict[str, Any]) -> None:
        self.said += step.get("prompts", [])
        name, _, value = step.get("variables", "").partition("=")
        if name == "CARD_CALL" and value:
            self.call_ids.append(value)

    def _legs(self, call_id: str) -> list[list[str]]:
        """Events of the carriers' legs of a call, from our CEL."""
        rows = cel_rows(self.house.plant.platform)
        return [row for row in rows if len(row) > 6 and row[5] == call_id and row[6] == "AppDial"]

    def _seconds_of(self, prompts: list[str]) -> float:
        total = 0.0
        for prompt in prompts:
            with wave.open(str(self.house.prompts / self.language / f"{prompt}.wav")) as sound:
                total += sound.getnframes() / sound.getframerate()
        return total


@contextmanager
def dialling(
    house: House,
    access_number: str,
    caller_id: str | None = None,
    *,
    language: str = "en",
    is_alone: bool = False,
    line: str = LINE_DEFAULT,
) -> Iterator[Caller]:
    """A call to the access number, answered; it is hung up on leaving. `is_alone`: no other call is under way, so
    that a caller id need not be found again in the trace as it was sent.
    """
    caller_id = f"3706{secrets.randbelow(10**7):07}" if caller_id is None else caller_id
    steps = Steps(house.trace_file, None if is_alone else caller_id)
    try:
        with house.plant.phone.call(access_number, caller_id=caller_id, line=line) as phone:
            yield Caller(house, phone, steps, language)
    finally:
        steps.close()
