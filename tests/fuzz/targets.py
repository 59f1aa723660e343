"""What is fuzzed: each target reads bytes as the outside sends them, and raises when something is wrong."""

from __future__ import annotations

import asyncio
import re
import tempfile
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from conversations import Conversations
from spoken import check_spoken
from structlog.testing import capture_logs
from words import CALL_ID

from billing.phone import normal_caller_id
from fastagi.agi_call import AgiCall, CommandRefused, head_arguments, head_caller_id
from fastagi.agi_text import UnsafeText, command_line, head_fields, quoted
from fastagi.call import CallerHungUp, CallLost, PromptMissing
from fastagi.flow.account_call import call_source
from fastagi.flow.gate import trunk_of
from fastagi.trace import Trace
from fastagi.watcher.ami_link import AmiLink, LinkLost
from fastagi.watcher.ami_protocol import AmiProtocol
from fastagi.wire import Wire
from telephony.cel_reader import CelReader
from telephony.handover import RouteArguments, SettleArguments, SettleArgumentsRefused
from telephony.watched import WatchedAsterisk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastagi.call import Call

FOLDER = Path(tempfile.mkdtemp(prefix="callingcard-fuzz-"))
NEVER = 1 << 62
CALL_ID_CHARACTERS = len(CALL_ID)
LOOP = asyncio.new_event_loop()
ENDS = (CallLost, CallerHungUp, PromptMissing, CommandRefused, UnsafeText)
ROUNDS_OF_THE_LOOP = 12


class Pipe(asyncio.Transport):
    """What the wire writes: each command must be one line."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.commands: list[bytes] = []
        self.is_over = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        line = bytes(data)
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert b"\r" not in line
        assert b"\0" not in line
        self.commands.append(line)

    def abort(self) -> None:
        self.is_over = True

    def close(self) -> None:
        self.is_over = True

    def get_write_buffer_size(self) -> int:
        return 0


class Owner:
    """Begins a call as the server does."""

    def __init__(self) -> None:
        self.session: asyncio.Task[None] | None = None

    def wire_opened(self, wire: Wire) -> bool:
        return bool(wire)

    def wire_began(self, wire: Wire, head: Mapping[str, str]) -> None:
        call = AgiCall(wire, head, "/prompts", Trace("1.1", ""))
        self.session = LOOP.create_task(self._talk(call))

    def wire_closed(self, wire: Wire) -> None:
        assert wire.lost

    async def _talk(self, call: AgiCall) -> None:
        await call.answer()
        await call.play(["welcome", "enter-pin"])
        number = await call.ask(["enter-card-number"], 12)
        pin = await call.ask(["enter-pin"], 12, secret=True)
        assert len(number.digits) <= 12
        assert len(pin.digits) <= 12
        assert len([step for step in call.trace.steps if step.text == "****"]) == 1
        await call.set_variables({"CARD_DST": number.digits, "CARD_NEXT": call.caller_id})


def agi_bytes(data: bytes) -> None:
    """A connection: a head up to the empty line, then what Asterisk answers; a zero byte ends a packet."""

    async def connection() -> None:
        owner, pipe = Owner(), Pipe()
        wire = Wire(owner, LOOP)
        wire.connection_made(pipe)
        for packet in data.split(b"\0"):
            wire.data_received(packet)
            for _ in range(ROUNDS_OF_THE_LOOP):
                await asyncio.sleep(0)
        wire.connection_lost(None)
        if owner.session is not None:
            (end,) = await asyncio.gather(owner.session, return_exceptions=True)
            if isinstance(end, BaseException) and not isinstance(end, ENDS):
                raise end

    LOOP.run_until_complete(connection())


class AmiPipe(asyncio.Transport):
    """Remembers the id under which the list of channels was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.action_id = b""
        self.is_over = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        found = re.search(rb"ActionID: (\S+)", bytes(data))
        self.action_id = found[1] if found else self.action_id

    def close(self) -> None:
        self.is_over = True

    abort = close


def ami_bytes(data: bytes) -> None:
    """What comes from the control port while a list of channels is awaited; a zero byte ends a packet, and @ID@ is the
    id of the question.
    """

    async def connection() -> None:
        link = AmiLink(WatchedAsterisk("fuzz", "127.0.0.1", 1, "a", "b"), lambda: None)
        manager, pipe, protocol = link._manager, AmiPipe(), AmiProtocol()
        manager.connect = lambda: None  # nobody is there to connect to again
        protocol.connection_made(pipe)
        connected = LOOP.create_future()
        connected.set_result((pipe, protocol))
        manager.connection_made(connected)
        link._say("")
        link._is_named = not data.startswith(b"?")  # with a question mark its name is asked for first
        listing = asyncio.ensure_future(link.list_channels())
        await asyncio.sleep(0)
        for packet in data.split(b"\0"):
            if not pipe.is_over:
                protocol.data_received(packet.replace(b"@ID@", pipe.action_id))
            await asyncio.sleep(0)
        assert all(len(call.call_id) == CALL_ID_CHARACTERS for call in link.book.take_changed())
        listing.cancel()
        (end,) = await asyncio.gather(listing, return_exceptions=True)
        link.close()
        if isinstance(end, Exception) and not isinstance(end, LinkLost):
            raise end

    with capture_logs():
        LOOP.run_until_complete(connection())


def cel_lines(data: bytes) -> None:
    """A log that grows: read in two parts it tells the same as read at once."""
    half = len(data) // 2
    whole = CelReader(FOLDER / "whole")
    grown = CelReader(FOLDER / "grown")
    whole._forget_at_ms = grown._forget_at_ms = NEVER  # what is forgotten depends on when it is read
    with closing(whole), closing(grown):
        (FOLDER / "whole").write_bytes(data)
        (FOLDER / "grown").write_bytes(data[:half])
        grown.read()
        with (FOLDER / "grown").open("ab") as more:
            more.write(data[half:])
        grown.read()
        whole.read()
        assert whole.legs.calls == grown.legs.calls
        for call_id, legs in whole.legs.calls.items():
            assert len(call_id) == CALL_ID_CHARACTERS
            assert all(leg.answered_at_ms is None or leg.answered_at_ms > 0 for leg in legs.values())
            whole.legs.answered(call_id)


def dialplan_values(data: bytes) -> None:
    """The values that the dialplan hands over: arguments of each script, spooled lines, channel variables."""
    text = data.decode("utf-8", "replace")
    fields = text.split("\n")
    for read in (SettleArguments.from_agi, RouteArguments.from_agi):
        with suppress(SettleArgumentsRefused):
            read(fields)
    with suppress(SettleArgumentsRefused):
        arguments = SettleArguments.from_spool_line(text)
        assert SettleArguments.from_spool_line(arguments.as_spool_line()) == arguments
        assert arguments.talk_ms >= 0
    head = head_fields(text)
    head_arguments(head)
    normal_caller_id(head_caller_id(head), ())
    trunk_of(text)
    _source(fields)
    with suppress(UnsafeText):
        assert command_line(f"SET VARIABLE CARD_DST {quoted(text)}").count(b"\n") == 1


def _source(fields: list[str]) -> None:
    call = cast("Call", SimpleNamespace(arguments=tuple(fields), caller_id=fields[0]))
    source = call_source(call)
    assert source.port is None or source.port <= 99_999
    assert set(source.address) <= set("0123456789abcdefABCDEF.:")


def keys_pressed(data: bytes) -> None:
    """A whole conversation on a database: the caller's number, then what is keyed at each question."""
    conversation().hear(data)


def spoken_values(data: bytes) -> None:
    """Amounts, numbers, times and days of which prompts are composed, in every language."""
    check_spoken(data)


@cache
def conversation() -> Conversations:
    return Conversations(FOLDER)


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (agi_bytes, ami_bytes, cel_lines, dialplan_values, keys_pressed, spoken_values)
}
