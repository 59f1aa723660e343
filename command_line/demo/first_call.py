"""One real call: the demo's phone dials an access number, presses keys, talks and hangs up, told as it happens."""

import secrets
import time
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from command_line.demo.follow import TraceFollower
from command_line.errors import Failure
from ivr_prompts.compose import transcript
from ivr_prompts.language import Language
from telephony.ami import AmiUnavailable, AmiUser, ami_session
from telephony.instance import Instance
from telephony.phone import CallerPhone, CallNotPlaced, PhoneCall

CALL_SECONDS_MAX = 120
LISTEN_SECONDS = 0.4  # a caller presses the first key a moment after the prompt
MASKED = "****"


@dataclass(frozen=True, slots=True)
class Script:
    """What the caller does. `card_keys` is None where only the PIN is asked."""

    access_number: str
    card_keys: str | None
    pin: str = field(repr=False)
    destination: str
    talk_seconds: int


@dataclass(slots=True)
class Heard:
    """What came of the call, as the caller and the platform's Asterisk saw it."""

    caller_id: str
    recording: Path
    prompts: list[str] = field(default_factory=list)
    routes: list[tuple[str, str]] = field(default_factory=list)


Tell = Callable[[str, str], None]  # what kind of line, and its text


class FirstCall:
    """Place it once; `tell` gets each line as it happens."""

    def __init__(self, phone: Instance, platform: Instance, trace_file: Path, prompts: Path, tell: Tell) -> None:
        self.phone = CallerPhone(phone)
        self.platform = platform
        self.trace_file = trace_file
        self.prompts = prompts
        self.tell = tell

    def place(self, script: Script, language: Language) -> Heard:
        """Dial, go through the IVR, talk, hang up; raises Failure when the call cannot be placed or does not go
        through.
        """
        caller_id = f"1555{secrets.randbelow(10**7):07}"
        watcher = AmiUser(self.platform.ami_port, "watcher", self.platform.secrets["watcher"])
        self.tell("dial", f"{script.access_number} from {caller_id}")
        try:
            with (
                TraceFollower(self.trace_file, caller_id) as follower,
                ami_session(watcher) as events,
                self.phone.call(script.access_number, caller_id=caller_id) as call,
            ):
                heard = Heard(caller_id, call.recording)
                events.on_event("DialEnd", lambda event: self._dialled(heard, event))
                self._converse(call, follower, heard, script, language)
        except (CallNotPlaced, AmiUnavailable) as failed:
            raise Failure(f"The call could not be placed: {failed}", "callingcard doctor") from failed
        return heard

    def _converse(
        self, call: PhoneCall, follower: TraceFollower, heard: Heard, script: Script, language: Language
    ) -> None:
        """Answer each question; once a carrier has answered, talk and hang up."""
        answers = self._answers(script)
        for step in follower.steps(CALL_SECONDS_MAX):
            if step is not None:
                self._on_step(step, call, heard, answers, language)
            elif any(status == "ANSWER" for _, status in heard.routes):
                self._talk(call, script)
                return
            elif call.has_ended:
                return
        raise Failure("The call did not come through in time.", "callingcard doctor")

    def _on_step(
        self, step: Mapping[str, Any], call: PhoneCall, heard: Heard, answers: dict[str, str], language: Language
    ) -> None:
        prompts = step.get("prompts", [])
        if prompts:
            heard.prompts += prompts
            self.tell("hears", f"{transcript(language, prompts)}\n[{' '.join(prompts)}]")
        if step["step"] == "asked":
            time.sleep(self._seconds_of(prompts, language) + LISTEN_SECONDS)
            call.press(answers.get(prompts[-1], "#"))
        elif step["step"] == "keyed":
            self.tell("presses", step["digits"] + (" (masked)" if step["digits"] == MASKED else ""))

    def _talk(self, call: PhoneCall, script: Script) -> None:
        self.tell("talks", f"{script.talk_seconds} seconds")
        if call.wait_for_end(script.talk_seconds) is None:
            call.hang_up()
            self.tell("hangs up", "")

    def _dialled(self, heard: Heard, event: Mapping[str, str]) -> None:
        endpoint = event.get("DestChannel", "").removeprefix("PJSIP/").rpartition("-")[0]
        status = event.get("DialStatus", "")
        heard.routes.append((endpoint, status))
        self.tell("route", f"{endpoint}: {status}")

    def _answers(self, script: Script) -> dict[str, str]:
        return {
            "enter-card-number": script.card_keys or "",
            "enter-pin": script.pin,
            "enter-destination-end-with-hash": f"{script.destination}#",
        }

    def _seconds_of(self, prompts: list[str], language: Language) -> float:
        total = 0.0
        for prompt in prompts:
            with wave.open(str(self.prompts / language.code / f"{prompt}.wav")) as sound:
                total += sound.getnframes() / sound.getframerate()
        return total
