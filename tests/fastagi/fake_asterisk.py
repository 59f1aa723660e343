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
STREAM_FILE = re.compile(r'STREAM FILE "(?P<file>[^"]*)" "0123456789\*#"')
GET_DATA = re.compile(r'GET DATA "(?P<file>[^"]*)" (?P<wait>\d+) (?P<digits>\d+)')
STORE = re.compile(r'EXEC StoreDTMF "(?P<what>rx,(?P<variable>\w+),(?P<keys>\d+)|remove)"')
HANGS_UP = "hangs up"


@dataclass
class Channel:
    """One caller. `keys` has one entry for each question: "123#", "" (presses nothing), "12" (pauses), HANGS_UP.

    An entry that begins with "<" is pressed at the first chance, in a prompt before the last. Keys of `between` end
    between two prompts, when Asterisk waits for a command and drops them.
    """

    keys: list[str] = field(default_factory=list)
    between: str = ""
    missing: frozenset[str] = frozenset()
    notices: bool = False  # a HANGUP line, as without AGISIGHUP=no
    dead: bool = False
    commands: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    stored_in: tuple[str, int] | None = None
    rest: str = ""  # of the entry that is being pressed

    def answer(self, command: str) -> str:
        self.commands.append(command)
        if self.dead and not command.startswith(ALLOWED_WHEN_DEAD):
            return DEAD
        if found := STREAM_FILE.fullmatch(command):
            return self._noticed(self._stream_file(found["file"]))
        if found := GET_DATA.fullmatch(command):
            return self._noticed(self._get_data(found))
        if found := STORE.fullmatch(command):
            self.stored_in = None if found["what"] == "remove" else (found["variable"], int(found["keys"]))
            return "200 result=0"
        return self._plain(command)

    def _plain(self, command: str) -> str:
        if found := re.fullmatch(r'SET VARIABLE (\S+) "(.*)"', command):
            self.variables[found[1]] = found[2].replace('\\"', '"').replace("\\\\", "\\")
            return "200 result=1"
        if found := re.fullmatch(r"GET VARIABLE (\S+)", command):
            return f"200 result=1 ({self.variables[found[1]]})" if found[1] in self.variables else "200 result=0"
        return {"ANSWER": "200 result=0", "CHANNEL STATUS": "200 result=6"}.get(
            command, "510 Invalid or unknown command"
        )

    def _noticed(self, reply: str) -> str:
        return f"{reply}\nHANGUP" if self.dead and self.notices else reply

    def _spoken(self, file: str) -> bool:
        """Tell whether the file could be played; no file is none to play."""
        name = file.removeprefix(f"{PROMPTS}/")
        is_there = file.startswith(f"{PROMPTS}/") and name not in self.missing
        if is_there:
            self.heard.append(name)
        return is_there or not file

    def _stream_file(self, file: str) -> str:
        if not self._spoken(file):
            return "200 result=-1 endpos=0"
        if not self.keys or not self.keys[0].startswith("<"):
            self._store(self.between)
            self.between = ""
            return "200 result=0 endpos=8000"
        entry = self.keys.pop(0)[1:]
        self.rest = entry[1:]
        self._store(entry[0])
        return f"200 result={ord(entry[0])} endpos=4000"

    def _get_data(self, found: re.Match[str]) -> str:
        if not self._spoken(found["file"]):
            return "200 result=-1"
        if found["file"]:
            self.rest = self.keys.pop(0).removeprefix("<") if self.keys else ""
        if self.rest == HANGS_UP:
            self.dead = True
            return "200 result=-1"
        digits, hash_key, _ = self.rest[: int(found["digits"])].partition("#")
        if len(digits) < int(found["digits"]):
            hash_key = self.rest[len(digits) :][:1]
        taken = digits + hash_key
        self.rest = self.rest[len(taken) :]
        self._store(taken)
        return f"200 result={digits}" + ("" if hash_key or len(digits) == int(found["digits"]) else " (timeout)")

    def _store(self, keys: str) -> None:
        if self.stored_in:
            variable, keys_max = self.stored_in
            self.variables[variable] = (self.variables.get(variable, "") + keys)[:keys_max]


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
