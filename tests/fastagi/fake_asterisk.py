"""A small Asterisk for tests: it opens sessions over TCP and answers commands as Asterisk 22 was measured to do."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastagi.agi_call import AgiCall
from fastagi.server import CardServer, Handler, ServerLimits
from fastagi.trace import TraceFile

PROMPTS = "/prompts"
DEAD = "511 Command Not Permitted on a dead channel or intercept routine"
ALLOWED_WHEN_DEAD = ("GET VARIABLE", "GET FULL VARIABLE", "SET VARIABLE", "EXEC")
READ = re.compile(r'EXEC Read "(?P<variable>\w+),(?P<files>[^,]*),(?P<digits>\d+),,1(,(?P<seconds>[\d.]+))?"')
GET_DATA = re.compile(r'GET DATA "(?P<files>[^"]*)" (?P<wait>\d+) (?P<digits>\d+)')
HANGS_UP = "hangs up"


@dataclass
class Channel:
    """One caller. `keys` has one entry for each key wait: "123#", "" (presses nothing), "12" (pauses), HANGS_UP.

    An entry that begins with "<" is pressed at the first chance, in a prompt before the last.
    """

    keys: list[str] = field(default_factory=list)
    missing: frozenset[str] = frozenset()
    notices: bool = False  # a HANGUP line, as without AGISIGHUP=no
    dead: bool = False
    commands: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    def answer(self, command: str) -> str:
        self.commands.append(command)
        if self.dead and not command.startswith(ALLOWED_WHEN_DEAD):
            return DEAD
        if found := READ.fullmatch(command):
            self.variables["READSTATUS"], self.variables["CARD_KEYS"] = self._read(found)
            return self._noticed("200 result=0")
        if found := GET_DATA.fullmatch(command):
            return self._noticed(self._get_data(found))
        return self._plain(command)

    def _plain(self, command: str) -> str:
        if found := re.fullmatch(r'SET VARIABLE (\S+) "(.*)"', command):
            self.variables[found[1]] = found[2].replace('\\"', '"').replace("\\\\", "\\")
            return "200 result=1"
        if command == "GET FULL VARIABLE ${READSTATUS}:${CARD_KEYS}":
            return f"200 result=1 ({self.variables['READSTATUS']}:{self.variables['CARD_KEYS']})"
        if found := re.fullmatch(r"GET VARIABLE (\S+)", command):
            return f"200 result=1 ({self.variables[found[1]]})" if found[1] in self.variables else "200 result=0"
        return {"ANSWER": "200 result=0", "CHANNEL STATUS": "200 result=6"}.get(
            command, "510 Invalid or unknown command"
        )

    def _noticed(self, reply: str) -> str:
        return f"{reply}\nHANGUP" if self.dead and self.notices else reply

    def _spoken(self, files: str) -> bool:
        """Tell whether the last file could be played; files missing before it are skipped."""
        names = [name for name in files.split("&") if name]
        self.heard += [name.removeprefix(f"{PROMPTS}/") for name in names if self._exists(name)]
        return not names or self._exists(names[-1])

    def _exists(self, name: str) -> bool:
        return name.startswith(f"{PROMPTS}/") and name.removeprefix(f"{PROMPTS}/") not in self.missing

    def _pressed(self, *, is_last: bool) -> str:
        if self.keys and (is_last or self.keys[0].startswith("<")):
            return self.keys.pop(0).removeprefix("<")
        return ""

    def _read(self, found: re.Match[str]) -> tuple[str, str]:
        if not self._spoken(found["files"]):
            return "ERROR", ""
        keys = self._pressed(is_last=found["seconds"] is None)
        if keys == HANGS_UP or self.dead:
            self.dead = True
            return "HANGUP", ""
        digits, hash_key, _ = keys.partition("#")
        kept = digits[: int(found["digits"])]
        return "OK" if hash_key or len(kept) == int(found["digits"]) else "TIMEOUT", kept

    def _get_data(self, found: re.Match[str]) -> str:
        if not self._spoken(found["files"]):
            return "200 result=-1"
        is_last = int(found["wait"]) > 50
        keys = self._pressed(is_last=is_last)
        if keys == HANGS_UP:
            self.dead = True
            return "200 result=-1"
        digits, hash_key, _ = keys.partition("#")
        if not is_last and len(digits) > 1:  # 50 ms are too short for a second key: it comes in the next command
            self.keys.insert(0, keys[1:])
            digits, hash_key = digits[:1], ""
        kept = digits[: int(found["digits"])]
        return f"200 result={kept}" + ("" if hash_key or len(kept) == int(found["digits"]) else " (timeout)")


def head(
    script: str = "card-call", arguments: Sequence[str] = ("1", "", "555"), caller_id: str = "442012345678"
) -> bytes:
    fields = {
        "network": "yes",
        "network_script": script,
        "channel": "PJSIP/caller-00000001",
        "uniqueid": "1700000000.1",
        "callerid": caller_id,
    } | {f"arg_{place}": text for place, text in enumerate(arguments, 1)}
    return "".join(f"agi_{name}: {value}\n" for name, value in fields.items()).encode() + b"\n"


async def call_in(port: int, channel: Channel, opening: bytes | None = None) -> Channel:
    """Run one session to its end, as Asterisk would."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(opening or head())
    while line := await reader.readline():
        writer.write(channel.answer(line.decode().removesuffix("\n")).encode() + b"\n")
    writer.close()
    await writer.wait_closed()
    return channel


@asynccontextmanager
async def serving(
    handler: Handler,
    limits: ServerLimits | None = None,
    settle: Handler | None = None,
    trace_file: TraceFile | None = None,
) -> AsyncIterator[tuple[CardServer, int]]:
    server = CardServer(PROMPTS, limits or ServerLimits(drain_seconds_max=0.2), trace_file)
    server.add_route("card-call", handler)
    server.add_route("settle", settle or handler, seconds_max=10.0, always_ends=True)
    port = await server.listen("127.0.0.1", 0)
    try:
        yield server, port
    finally:
        await server.drain()


async def answers(call: AgiCall) -> None:
    """The shortest good call."""
    await call.answer()
    await call.set_variables({"CARD_NEXT": "end"})
