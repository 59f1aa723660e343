"""A call on Asterisk: the verbs of Call as AGI commands.

Measured on Asterisk 22.10.1, and the reason for the commands chosen here:

- `GET DATA a&b` takes the whole text for one file name and answers -1; its time-outs are one argument for all keys, and
  the channel's TIMEOUT(response) and TIMEOUT(digit) are ignored (0 means 6 s and 2 s). The application Read plays
  `a&b` one after another, keeps the first key pressed in any of them, and follows the channel's time-outs, which
  SET VARIABLE sets. So `ask` is EXEC Read and one GET FULL VARIABLE for its outcome.
- EXEC Read answers `200 result=0` whatever happened, a hang-up too; READSTATUS tells: OK ('#', or all digits came),
  TIMEOUT (with or without digits), HANGUP, ERROR (the last prompt is missing; a missing one before it is skipped).
- Read writes `User entered '1234'` to Asterisk's log at verbose 3 and leaves the keys in a channel variable. GET DATA
  does neither. So a secret entry is GET DATA, one prompt a command.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

from fastagi.agi_text import Reply, quoted
from fastagi.call import CallerHungUp, Keyed, KeyEnd, PromptMissing
from fastagi.speech import checked_folder, prompt_parts, prompt_path
from fastagi.wire import REPLY_SECONDS_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fastagi.trace import Trace
    from fastagi.wire import Wire

ANSWER: Final = "ANSWER"
KEYS_VARIABLE: Final = "CARD_KEYS"  # Read leaves its keys here; never those of a secret entry
READ_OUTCOME: Final = f"GET FULL VARIABLE ${{READSTATUS}}:${{{KEYS_VARIABLE}}}"
NO_KEY: Final = ("TIMEOUT", "")
DEAD_CHANNEL: Final = 511
FIRST_KEY_SECONDS: Final = 10  # Asterisk's own, until wait_for_keys is called
NEXT_KEY_SECONDS: Final = 5  # the same
KEY_SECONDS_MAX: Final = 60
DIGITS_MAX: Final = 40
PLAY_PAUSE_SECONDS: Final = "0.05"  # after the last prompt of `play`; 0 would mean the channel's time-out
PART_PAUSE_SECONDS: Final = "0.002"  # between two parts of a long list
SECRET_PAUSE_MS: Final = 50  # between two prompts of a secret entry
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_HEAD_UNKNOWN: Final = "unknown"


class CommandRefused(Exception):
    """Asterisk would not run a command of ours: a module is missing, or the command is wrong."""


class AgiCall:
    """One caller on Asterisk; see fastagi.call.Call for what each verb promises."""

    def __init__(self, wire: Wire, head: Mapping[str, str], prompts_folder: str, trace: Trace) -> None:
        self.wire = wire
        self.trace = trace
        self.arguments = head_arguments(head)
        self.caller_id = head_caller_id(head)
        self.channel = head.get("agi_channel", "")
        self.unique_id = head.get("agi_uniqueid", "")
        self._folder = checked_folder(prompts_folder)
        self._first_key_seconds = FIRST_KEY_SECONDS
        self._next_key_seconds = NEXT_KEY_SECONDS

    def heard(self) -> tuple[dict[str, Any], ...]:
        return tuple(step.as_fields() for step in self.trace.steps)

    async def answer(self) -> None:
        reply = await self.wire.ask(ANSWER)
        if reply.code != 200 or reply.result == "-1":
            await self._explain(reply)
        self.trace.answered()

    async def speak_in(self, language: str) -> None:
        if not _LANGUAGE.fullmatch(language):
            raise ValueError(f"not a language: {language!r}")
        await self._set("CHANNEL(language)", language)
        self.trace.language(language)

    async def wait_for_keys(self, first_seconds: int, next_seconds: int) -> None:
        if not (0 < first_seconds <= KEY_SECONDS_MAX and 0 < next_seconds <= KEY_SECONDS_MAX):
            raise ValueError(f"waits of {first_seconds} s and {next_seconds} s")
        await self._set("TIMEOUT(response)", str(first_seconds))
        await self._set("TIMEOUT(digit)", str(next_seconds))
        self._first_key_seconds, self._next_key_seconds = first_seconds, next_seconds

    async def ask(
        self,
        prompts: Sequence[str],
        digits_max: int,
        *,
        secret: bool = False,
        is_secret: Callable[[str], bool] | None = None,
    ) -> Keyed:
        if not 0 < digits_max <= DIGITS_MAX:
            raise ValueError(f"{digits_max} digits")
        parts = prompt_parts(self._folder, tuple(prompts))
        self.trace.asked(prompts)
        if secret:
            keyed = await self._collect_secret(prompts, digits_max)
        else:
            keyed = await self._collect(prompts, parts, digits_max)
        is_masked = secret or (is_secret is not None and is_secret(keyed.digits))
        self.trace.keyed(keyed.digits, keyed.end, secret=is_masked)
        return keyed

    async def play(self, prompts: Sequence[str]) -> None:
        if not prompts:
            return
        parts = prompt_parts(self._folder, tuple(prompts))
        self.trace.played(prompts)
        for part in parts:
            status, _ = await self._read(f"{part},1,,1,{PLAY_PAUSE_SECONDS}", prompts)
            if status == "OK":  # a key was pressed: the rest is not wanted
                return

    async def set_variables(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            await self._set(variable_name(name), value)
            self.trace.was_set(name, value)

    async def _collect(self, prompts: Sequence[str], parts: Sequence[str], digits_max: int) -> Keyed:
        """Ask by Read. Before the last part the list ends in an empty prompt, so that keys keep their usual pause."""
        seconds_max = REPLY_SECONDS_MAX + self._first_key_seconds + digits_max * self._next_key_seconds
        for part in parts[:-1]:
            keys = await self._read(f"{part}&,{digits_max},,1,{PART_PAUSE_SECONDS}", prompts, seconds_max)
            if keys != NO_KEY:
                return keyed_of(keys[1], digits_max, timed_out=keys[0] == "TIMEOUT")
        status, digits = await self._read(f"{parts[-1]},{digits_max},,1", prompts, seconds_max)
        return keyed_of(digits, digits_max, timed_out=status == "TIMEOUT")

    async def _collect_secret(self, prompts: Sequence[str], digits_max: int) -> Keyed:
        """Ask by GET DATA, a prompt at a time. A first key pressed in an early prompt is kept and the rest collected.

        The last prompt's one time-out is the wait for the first key, for every key: two commands would have the right
        pause each, but a key that came between them would be lost.
        """
        paths = [prompt_path(self._folder, prompt_id) for prompt_id in prompts]
        for path in paths[:-1]:
            first = await self._get_data(prompts, path, SECRET_PAUSE_MS, digits_max)
            if first.end is KeyEnd.TIMEOUT and first.digits:
                rest = digits_max - len(first.digits)
                more = await self._get_data(prompts, "", self._next_key_seconds * 1000, rest)
                return Keyed(first.digits + more.digits, more.end)
            if first.end is not KeyEnd.TIMEOUT:
                return first
        return await self._get_data(prompts, paths[-1] if paths else "", self._first_key_seconds * 1000, digits_max)

    async def _get_data(self, prompts: Sequence[str], path: str, wait_ms: int, digits_max: int) -> Keyed:
        seconds_max = REPLY_SECONDS_MAX + digits_max * wait_ms / 1000
        reply = await self.wire.ask(f"GET DATA {quoted(path)} {wait_ms} {digits_max}", seconds_max)
        if reply.code != 200 or reply.result == "-1":
            await self._explain(reply, prompts)
        return keyed_of(reply.result, digits_max, timed_out=reply.timed_out)

    async def _read(
        self, arguments: str, prompts: Sequence[str], seconds_max: float = REPLY_SECONDS_MAX
    ) -> tuple[str, str]:
        """Run Read; answer its status, OK or TIMEOUT, and the keys pressed. `seconds_max` allows for slow keys."""
        reply = await self.wire.ask(f"EXEC Read {quoted(f'{KEYS_VARIABLE},{arguments}')}", seconds_max)
        if reply.code != 200 or reply.result == "-2":  # -2: no such application
            await self._explain(reply)
        reply = await self.wire.ask(READ_OUTCOME)
        status, _, digits = reply.value.partition(":")
        if status == "HANGUP":
            raise CallerHungUp
        if status not in {"OK", "TIMEOUT"}:
            await self._explain(reply, prompts)
        return status, digits

    async def _set(self, name: str, value: str) -> None:
        reply = await self.wire.ask(f"SET VARIABLE {name} {quoted(value)}")
        if reply.code != 200:
            await self._explain(reply)

    async def _explain(self, reply: Reply, prompts: Sequence[str] = ()) -> NoReturn:
        """Tell why a command failed: -1 alone does not say whether the caller left or a prompt is missing."""
        if reply.code == DEAD_CHANNEL:
            raise CallerHungUp
        if reply.code == 200 and (await self.wire.ask("CHANNEL STATUS")).code == DEAD_CHANNEL:
            raise CallerHungUp
        if prompts and reply.code == 200:
            raise PromptMissing(" ".join(prompts))
        raise CommandRefused(f"{reply.code} {reply.result} {reply.text}")


@lru_cache(maxsize=100)
def variable_name(name: str) -> str:
    if not _VARIABLE.fullmatch(name):
        raise ValueError(f"not a variable name: {name!r}")
    return name


def keyed_of(digits: str, digits_max: int, *, timed_out: bool) -> Keyed:
    if len(digits) >= digits_max:
        return Keyed(digits[:digits_max], KeyEnd.FULL)
    return Keyed(digits, KeyEnd.TIMEOUT if timed_out else KeyEnd.HASH)


def head_arguments(head: Mapping[str, str]) -> tuple[str, ...]:
    """The values of agi_arg_1, agi_arg_2 ... as far as they go without a gap."""
    arguments: list[str] = []
    while (value := head.get(f"agi_arg_{len(arguments) + 1}")) is not None:
        arguments.append(value)
    return tuple(arguments)


def head_caller_id(head: Mapping[str, str]) -> str:
    caller_id = head.get("agi_callerid", _HEAD_UNKNOWN)
    return "" if caller_id == _HEAD_UNKNOWN else caller_id
