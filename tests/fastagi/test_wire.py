"""Each reply of Asterisk has one meaning, and each command gets its own (asterisk.md 4 and 5.1)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from fastagi.agi_text import Reply, UnsafeText, quoted
from fastagi.call import CallLost
from fastagi.wire import HEAD_BYTES_MAX, LINE_BYTES_MAX, Wire

HEAD = b"agi_network: yes\nagi_network_script: probe?x=1\n\n"


class Pipe(asyncio.Transport):
    """What the wire writes, and whether it was dropped."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.written = b""
        self.ended = ""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def abort(self) -> None:
        self.ended = "aborted"

    def close(self) -> None:
        self.ended = "closed"

    def get_write_buffer_size(self) -> int:
        return 0


class Owner:
    def __init__(self) -> None:
        self.head: Mapping[str, str] | None = None
        self.closed = 0

    def wire_opened(self, wire: Wire) -> bool:
        return bool(wire)

    def wire_began(self, wire: Wire, head: Mapping[str, str]) -> None:
        assert wire
        self.head = head

    def wire_closed(self, wire: Wire) -> None:
        assert wire
        self.closed += 1


class Line:
    """A wire whose head has come, with hands on both ends."""

    def __init__(self, opening: bytes = HEAD) -> None:
        self.owner, self.pipe = Owner(), Pipe()
        self.wire = Wire(self.owner, asyncio.get_running_loop())
        self.wire.connection_made(self.pipe)
        if opening:
            self.wire.data_received(opening)

    async def ask(self, command: str, *replies: bytes) -> Reply:
        asking = asyncio.ensure_future(self.wire.ask(command))
        await asyncio.sleep(0)
        for part in replies:
            self.wire.data_received(part)
        return await asking


def on_loop(test: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await test()

    uvloop.run(run())


def replies_to(*parts: bytes) -> Reply:
    async def ask() -> Reply:
        return await Line().ask("NOOP", *parts)

    return uvloop.run(ask())


def lost_by(*parts: bytes) -> str:
    async def ask() -> str:
        line = Line()
        with pytest.raises(CallLost) as lost:
            await line.ask("NOOP", *parts)
        assert line.pipe.ended == "aborted"
        return str(lost.value)

    return uvloop.run(ask())


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        (b"200 result=0\n", Reply(200, "0", "")),
        (b"200 result= (timeout)\n", Reply(200, "", "(timeout)")),
        (b"200 result=\n", Reply(200, "", "")),
        (b"200 result=12 (timeout)\n", Reply(200, "12", "(timeout)")),
        (b"200 result=-1\n", Reply(200, "-1", "")),
        (b"200 result=-1 endpos=0\n", Reply(200, "-1", "endpos=0")),
        (b"200 result=0 endpos=8000\n", Reply(200, "0", "endpos=8000")),
        (b"200 result=1 (a (b) c=d)\n", Reply(200, "1", "(a (b) c=d)")),
        (b"200 result=-2\n", Reply(200, "-2", "")),
        (b"510 Invalid or unknown command\n", Reply(510, "", "Invalid or unknown command")),
        (b"511 Command Not Permitted on a dead channel\n", Reply(511, "", "Command Not Permitted on a dead channel")),
        (b"520 Proper usage not available.\n", Reply(520, "", "Proper usage not available.")),
        (b"100 result=0 Trying...\n200 result=1\n", Reply(200, "1", "")),
        (b"HANGUP\n200 result=1\n", Reply(200, "1", "")),
        (b"200 result=1\r\n", Reply(200, "1", "")),
        (b"200 result=1 (\xff)\n", Reply(200, "1", "(\ufffd)")),
    ],
)  # fmt: skip
def test_each_reply_has_one_meaning(sent: bytes, reply: Reply) -> None:
    assert replies_to(sent) == reply
    assert replies_to(*(bytes([byte]) for byte in sent)) == reply, "byte by byte"


def test_a_timed_out_wait_and_a_bare_hash_differ() -> None:
    assert replies_to(b"200 result= (timeout)\n").timed_out
    assert not replies_to(b"200 result=\n").timed_out


def test_an_empty_value_and_brackets_in_a_value_come_back_whole() -> None:
    assert replies_to(b"200 result=1 ()\n").value == ""
    assert replies_to(b"200 result=1 (a (b) c=d)\n").value == "a (b) c=d"
    assert replies_to(b"200 result=0\n").value == ""


def test_a_usage_block_is_one_reply_and_leaves_nothing_behind() -> None:
    async def run() -> None:
        line = Line()
        block = b"520-Invalid command syntax.  Proper usage follows:\nUsage: SAY\nHANGUP\n520 End of proper usage.\n"
        assert (await line.ask("SAY NUMBER", block)).code == 520
        assert await line.ask("NOOP", b"200 result=7\n") == Reply(200, "7", "")

    on_loop(run)


def test_a_hangup_notice_never_shifts_the_replies() -> None:
    async def run() -> None:
        line = Line()
        assert (await line.ask("GET DATA x 0 4", b"200 result=-1\n")).result == "-1"
        line.wire.data_received(b"HANGUP\n")
        assert line.wire.hung_up
        assert (await line.ask("GET VARIABLE A", b"200 result=1 (first)\n")).value == "first"
        assert (await line.ask("GET VARIABLE B", b"HANGUP\n", b"200 result=1 (second)\n")).value == "second"

    on_loop(run)


@pytest.mark.parametrize(
    "garbage", [b"hello\n", b"\n", b"\xff\xfe\n", b"20 result=0\n", b"2000 x\n", b"GET / HTTP/1.1\n"]
)
def test_what_is_not_agi_ends_the_session(garbage: bytes) -> None:
    assert lost_by(garbage).startswith("not AGI")


def test_a_line_without_end_ends_the_session() -> None:
    assert lost_by(b"x" * (LINE_BYTES_MAX + 1)) == "line too long"


def test_a_usage_block_without_end_ends_the_session() -> None:
    assert lost_by(b"520-Invalid\n", b"x" * 60_000 + b"\n", b"x" * 60_000 + b"\n") == "usage text too long"


def test_a_reply_that_nobody_asked_for_ends_the_session() -> None:
    async def run() -> None:
        line = Line()
        line.wire.data_received(b"200 result=0\n")
        assert line.pipe.ended == "aborted"
        with pytest.raises(CallLost, match="not asked for"):
            await line.wire.ask("NOOP")

    on_loop(run)


def test_an_ended_connection_is_a_lost_call_for_whoever_waits_and_for_later_commands() -> None:
    async def run() -> None:
        line = Line()
        asking = asyncio.ensure_future(line.wire.ask("NOOP"))
        await asyncio.sleep(0)
        line.wire.connection_lost(ConnectionResetError())
        with pytest.raises(CallLost, match="ConnectionResetError"):
            await asking
        with pytest.raises(CallLost):
            await line.wire.ask("NOOP")
        assert line.owner.closed == 1

    on_loop(run)


def test_a_reply_that_does_not_come_ends_the_session() -> None:
    async def run() -> None:
        line = Line()
        line.wire.give_session(60)
        line.wire._arm(asyncio.get_running_loop().time())
        with pytest.raises(CallLost, match="no reply"):
            await line.wire.ask("NOOP", seconds_max=0.01)

    on_loop(run)


def test_a_session_ends_at_its_time() -> None:
    async def run() -> None:
        line = Line()
        line.wire.give_session(0.05)
        with pytest.raises(CallLost, match="session time is over"):
            await line.wire.ask("NOOP")

    on_loop(run)


def test_a_cancelled_command_ends_the_session_because_its_reply_may_still_come() -> None:
    async def run() -> None:
        line = Line()
        asking = asyncio.ensure_future(line.wire.ask("NOOP"))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert line.pipe.ended == "aborted"

    on_loop(run)


@pytest.mark.parametrize("text", ["a\nANSWER", "a\rb", "a\0b"])
def test_a_line_break_or_nul_is_refused_before_anything_is_written(text: str) -> None:
    async def run() -> None:
        line = Line()
        with pytest.raises(UnsafeText):
            await line.wire.ask(f"NOOP {text}")
        with pytest.raises(UnsafeText):
            quoted(text)
        assert line.pipe.written == b""
        assert not line.wire.lost

    on_loop(run)


def test_the_head_keeps_its_query_and_survives_bytes_that_are_no_text() -> None:
    async def run() -> None:
        assert Line().owner.head == {"agi_network": "yes", "agi_network_script": "probe?x=1"}
        broken = Line(b"agi_callerid: \xff\xfe\nno colon\n\n").owner.head
        assert broken == {"agi_callerid": "\ufffd\ufffd"}
        assert Line(b"\n").owner.head == {}

    on_loop(run)


@pytest.mark.parametrize("size", [HEAD_BYTES_MAX + 1, 1_000_000])
def test_a_head_without_end_is_dropped(size: int) -> None:
    async def run() -> None:
        line = Line(b"x" * size)
        assert line.wire.lost == "head too long"
        assert line.owner.head is None
        longer = Line(b"a: b\n" * (size // 5 + 1) + b"\n")
        assert longer.wire.lost == "head too long"

    on_loop(run)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.binary(max_size=60) | st.sampled_from([b"200 result=", b"520-x\n", b"HANGUP\n", b"\n\n", b"100 \n"]),
        max_size=12,
    )
)
def test_no_bytes_raise_out_of_the_wire(parts: list[bytes]) -> None:
    """F31, F32: whatever comes, the wire keeps, answers or ends; it never raises into the event loop."""

    async def run() -> None:
        for opening in (b"", HEAD):
            line = Line(opening)
            asking = asyncio.ensure_future(line.wire.ask("NOOP"))
            await asyncio.sleep(0)
            for part in parts:
                line.wire.data_received(part)
            line.wire.connection_lost(None)
            outcome = (await asyncio.gather(asking, return_exceptions=True))[0]
            assert isinstance(outcome, Reply | CallLost)

    on_loop(run)
