"""A call on Asterisk: the verbs of Call as AGI commands.

Measured on Asterisk 22.10.1, and the reason for the commands chosen here (docs/decisions/0003):

- STREAM FILE and GET DATA end at once when the server's socket closes, so a caller hears of a dead server within a
  second. EXEC Read, which plays a whole list of prompts, looks at the socket only when it is over.
- Between two commands Asterisk reads the channel and drops what it reads: a key that ends there is lost. StoreDTMF
  keeps every key in a variable, so what was keyed is what the store says; the commands only end the speech.
- A secret entry must not leave its keys in a variable: it is kept by no store, and asked by one GET DATA at its end.
- `GET DATA a&b` takes the whole text for one file name. Its time-out is one for all keys, so the first key and those
  after it are two commands.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

import structlog

from fastagi.agi_text import Reply, quoted
from fastagi.call import CallerHungUp, Keyed, KeyEnd, PromptMissing
from fastagi.speech import checked_folder, prompt_paths
from fastagi.wire import REPLY_SECONDS_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fastagi.trace import Trace
    from fastagi.wire import Wire

ANSWER: Final = "ANSWER"
KEYS_VARIABLE: Final = "CARD_KEYS"  # the store of keys; never those of a secret entry
HASH: Final = "#"
EVERY_KEY: Final = "0123456789*#"
DEAD_CHANNEL: Final = 511
FIRST_KEY_SECONDS: Final = 10  # until wait_for_keys is called
NEXT_KEY_SECONDS: Final = 5  # the same
KEY_SECONDS_MAX: Final = 60
DIGITS_MAX: Final = 40
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_KEY_CODES: Final = {str(ord(key)): key for key in EVERY_KEY}
_HEAD_UNKNOWN: Final = "unknown"
log = structlog.get_logger()


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
        paths = prompt_paths(self._folder, tuple(prompts))
        self.trace.asked(prompts)
        keyed = await (self._collect_secret(paths, digits_max) if secret else self._collect(paths, digits_max))
        is_masked = secret or (is_secret is not None and is_secret(keyed.digits))
        self.trace.keyed(keyed.digits, keyed.end, secret=is_masked)
        return keyed

    async def play(self, prompts: Sequence[str]) -> None:
        if not prompts:
            return
        paths = prompt_paths(self._folder, tuple(prompts))
        self.trace.played(prompts)
        if not await self._speak(paths[:-1]):
            await self._stream(paths[-1])

    async def set_variables(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            await self._set(variable_name(name), value)
            self.trace.was_set(name, value)

    async def _collect(self, paths: Sequence[str], digits_max: int) -> Keyed:
        """Speak and wait, and answer what the store of keys holds when the entry is over."""
        await self._set(KEYS_VARIABLE, "")  # StoreDTMF adds to what an entry before left
        await self._execute("StoreDTMF", f"rx,{KEYS_VARIABLE},{digits_max + 1}")  # one more: the '#' that ends it
        key = await self._speak(paths[:-1]) or await self._first_key(paths)
        if key and key != HASH and digits_max > 1:
            await self._get_data("", self._next_key_seconds, digits_max - 1)
        stored = await self.wire.ask(f"GET VARIABLE {KEYS_VARIABLE}")
        await self._execute("StoreDTMF", "remove")
        digits, is_ended, _ = stored.value.partition(HASH)
        return keyed_of(digits, digits_max, timed_out=not is_ended)

    async def _collect_secret(self, paths: Sequence[str], digits_max: int) -> Keyed:
        """Speak, then one GET DATA; a key pressed in an early prompt is kept and the rest collected.

        The last prompt's one time-out is the wait for the first key, for every key: two commands would have the right
        pause each, but without a store a key that came between them would be lost.
        """
        key = await self._speak(paths[:-1])
        if not key:
            return await self._get_data(paths[-1] if paths else "", self._first_key_seconds, digits_max)
        if key == HASH or digits_max == 1:
            return keyed_of(key.strip(HASH), digits_max, timed_out=False)
        more = await self._get_data("", self._next_key_seconds, digits_max - 1)
        return Keyed(key + more.digits, more.end)

    async def _speak(self, paths: Sequence[str]) -> str:
        """Play prompts until a key is pressed in one: that key. What is missing before the last prompt is skipped."""
        for path in paths:
            try:
                key = await self._stream(path)
            except PromptMissing as missing:
                log.warning("prompt missing, skipped", prompt=str(missing), unique_id=self.unique_id)
            else:
                if key:
                    return key
        return ""

    async def _stream(self, path: str) -> str:
        """Play one prompt: the key that ended it, or ''."""
        reply = await self.wire.ask(f'STREAM FILE {quoted(path)} "{EVERY_KEY}"')
        if reply.code != 200 or reply.result == "-1":
            await self._explain(reply, path)
        if reply.result == "0":
            return ""
        if (key := _KEY_CODES.get(reply.result)) is None:
            raise CommandRefused(f"STREAM FILE answered {reply.result[:20]!r}")
        return key

    async def _first_key(self, paths: Sequence[str]) -> str:
        first = await self._get_data(paths[-1] if paths else "", self._first_key_seconds, 1)
        return first.digits or (HASH if first.end is KeyEnd.HASH else "")

    async def _get_data(self, path: str, wait_seconds: int, digits_max: int) -> Keyed:
        seconds_max = REPLY_SECONDS_MAX + digits_max * wait_seconds
        reply = await self.wire.ask(f"GET DATA {quoted(path)} {wait_seconds * 1000} {digits_max}", seconds_max)
        if reply.code != 200 or reply.result == "-1":
            await self._explain(reply, path)
        return keyed_of(reply.result, digits_max, timed_out=reply.timed_out)

    async def _execute(self, application: str, arguments: str) -> None:
        reply = await self.wire.ask(f"EXEC {application} {quoted(arguments)}")
        if reply.code != 200 or reply.result != "0":  # -2: no such application
            await self._explain(reply, what=application)

    async def _set(self, name: str, value: str) -> None:
        reply = await self.wire.ask(f"SET VARIABLE {name} {quoted(value)}")
        if reply.code != 200:
            await self._explain(reply)

    async def _explain(self, reply: Reply, path: str = "", *, what: str = "") -> NoReturn:
        """Tell why a command failed: -1 alone does not say whether the caller left or the prompt is missing."""
        if reply.code == DEAD_CHANNEL:
            raise CallerHungUp
        if reply.code == 200 and (await self.wire.ask("CHANNEL STATUS")).code == DEAD_CHANNEL:
            raise CallerHungUp
        if path and reply.code == 200:
            raise PromptMissing(path.rpartition("/")[2])
        raise CommandRefused(f"{what} {reply.code} {reply.result} {reply.text}".strip())


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
