"""A caller's telephone on the demo carrier's Asterisk: dials an access number, presses keys, records what it hears."""

from __future__ import annotations

import re
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telephony.ami import AmiAnswer, AmiSession, AmiUser, ami_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from telephony.instance import Instance

CALLER_ID_DEFAULT: Final = "15550100"
LINE_DEFAULT: Final = "platform"
ANSWER_SECONDS_MAX: Final = 30
KEY_MS: Final = 100  # how long a key is held down
GAP_SECONDS: Final = 0.1  # silence between keys: a repeated digit is two presses only with a gap between them
_CLOSE_SECONDS_MAX: Final = 5.0
_LOOK_SECONDS: Final = 0.02
_KEYS: Final = re.compile(r"[0-9*#A-D]*")
_NUMBER: Final = re.compile(r"\+?[0-9]{1,20}")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_MEANT_BY_AMI: Final = re.compile(r'["\\,]')  # quotes, escapes and separators in a list of variables
_ESCAPED: Final = r"\\\g<0>"


class CallNotPlaced(Exception):
    """The access number did not answer, or the phone itself could not dial."""


@dataclass(frozen=True, slots=True)
class CallEnded:
    """Why the line went dead: Q.850 cause and its text, as the phone's Asterisk saw them."""

    cause: int
    text: str


class PhoneCall:
    """One call in progress; keys may be pressed at any moment."""

    def __init__(self, session: AmiSession, channel_id: str, recording: Path) -> None:
        self.recording = recording
        self._session = session
        self._channel_id = channel_id
        self._responded = threading.Event()
        self._over = threading.Event()
        self._was_answered = False
        self._end: CallEnded | None = None
        session.on_event("OriginateResponse", self._on_response)
        session.on_event("Hangup", self._on_hangup)

    @property
    def has_ended(self) -> bool:
        return self._over.is_set()

    def press(self, keys: str) -> bool:
        """Press the keys one after another; False when the line went dead before the last."""
        if not _KEYS.fullmatch(keys):
            raise ValueError(f"no such keys: {keys!r}")
        for key in keys:
            if self.has_ended or not self._hold_down(key).is_done:
                return False
            time.sleep(GAP_SECONDS)
        return True

    def hang_up(self) -> None:
        """Put the receiver down; nothing happens when the line is dead already."""
        if not self.has_ended:
            self._session.act("Hangup", Channel=self._channel_id)
            self._over.wait(_CLOSE_SECONDS_MAX)

    def wait_for_end(self, seconds: float) -> CallEnded | None:
        """Wait until the other side ended the call; None when it still runs after `seconds`."""
        self._over.wait(seconds)
        return self._end

    def wait_for_answer(self) -> None:
        """Raises CallNotPlaced when the access number does not take the call."""
        self._responded.wait(ANSWER_SECONDS_MAX)
        if not self._was_answered:
            raise CallNotPlaced("the access number did not answer")

    def wait_for_recording(self) -> None:
        """Wait until the recording is closed: its header then counts its sound."""
        deadline = time.monotonic() + _CLOSE_SECONDS_MAX
        while self._was_answered and not _is_closed(self.recording) and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)

    def _hold_down(self, key: str) -> AmiAnswer:
        begun = time.monotonic()
        answer = self._session.act("PlayDTMF", Channel=self._channel_id, Digit=key, Duration=str(KEY_MS))
        time.sleep(max(0.0, begun + KEY_MS / 1000 - time.monotonic()))
        return answer

    def _on_response(self, event: Mapping[str, str]) -> None:
        if event.get("ActionID") == self._channel_id:
            self._was_answered = event.get("Response") == "Success"
            self._responded.set()

    def _on_hangup(self, event: Mapping[str, str]) -> None:
        if event.get("Uniqueid") == self._channel_id:
            self._end = CallEnded(int(event.get("Cause", "0")), event.get("Cause-txt", ""))
            self._over.set()


class CallerPhone:
    """The telephone of the demo carrier `instance`."""

    def __init__(self, instance: Instance) -> None:
        self._recordings = instance.recordings
        self._user = AmiUser(port=instance.ami_port, name="phone", secret=instance.secrets["phone"])

    @contextmanager
    def call(
        self,
        access_number: str,
        *,
        caller_id: str = CALLER_ID_DEFAULT,
        recording: str | None = None,
        line: str = LINE_DEFAULT,
    ) -> Iterator[PhoneCall]:
        """Dial, and give the call once it is answered; on leaving it is hung up and its recording closed.

        `caller_id` is sent as it is, garbage included; "" sends none. `line` is the endpoint of the phone's Asterisk by
        which the call goes. Raises CallNotPlaced or AmiUnavailable.
        """
        if not _NUMBER.fullmatch(access_number):
            raise ValueError(f"cannot dial {access_number!r}")
        with self.dial(f"PJSIP/{access_number}@{line}", caller_id=caller_id, recording=recording) as call:
            yield call

    @contextmanager
    def dial(
        self, channel: str, *, caller_id: str = CALLER_ID_DEFAULT, recording: str | None = None
    ) -> Iterator[PhoneCall]:
        """The same for a channel as Asterisk names it."""
        name = recording or f"call-{uuid.uuid4().hex}"
        if not _NAME.fullmatch(name):
            raise ValueError(f"cannot record as {name!r}")
        with ami_session(self._user) as session:
            call = PhoneCall(session, f"phone-{uuid.uuid4().hex}", self._recordings / f"{name}.wav")
            try:
                self._dial(session, call, channel, caller_id)
                yield call
            finally:
                call.hang_up()
                call.wait_for_recording()

    def _dial(self, session: AmiSession, call: PhoneCall, channel: str, caller_id: str) -> None:
        variables = [f"PHONE_RECORDING={call.recording.stem}"]
        if caller_id:  # not by the CallerID field: that one drops brackets and dots
            variables.append(f"CONNECTEDLINE(num,i)={_MEANT_BY_AMI.sub(_ESCAPED, caller_id)}")
        answer = session.act(
            "Originate",
            ActionID=call._channel_id,  # noqa: SLF001  -- the phone and its call are one thing
            ChannelId=call._channel_id,  # noqa: SLF001
            Channel=channel,
            Context="phone",
            Exten="s",
            Priority="1",
            Timeout=str(ANSWER_SECONDS_MAX * 1000),
            Async="true",
            Variable=variables,
        )
        if not answer.is_done:
            raise CallNotPlaced(f"the phone cannot dial: {answer.message}")
        call.wait_for_answer()


def _is_closed(recording: Path) -> bool:
    """A wav file under way has a header that counts no sound."""
    try:
        with recording.open("rb") as file:
            head = file.read(8)
        return int.from_bytes(head[4:8], "little") == recording.stat().st_size - 8
    except FileNotFoundError:
        return False
