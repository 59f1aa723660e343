"""The AGI wire: one bounded connection from Asterisk, its head, and one reply for each command."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol, cast

from fastagi.agi_text import PLAIN_REPLIES, Reply, command_line, head_fields, reply_of
from fastagi.call import CallLost

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD_BYTES_MAX: Final = 16_384  # Asterisk's own is about 700; arguments and caller names are bounded by it
HEAD_SECONDS_MAX: Final = 3.0  # Asterisk sends it at once
LINE_BYTES_MAX: Final = 65_536  # Asterisk's longest value is far below
REPLY_SECONDS_MAX: Final = 60.0  # longer than the longest prompt: no Dial runs inside a session
LOOK_SECONDS: Final = 1.0  # how often the deadlines are looked at: a silent Asterisk is found this much late at most
CLOSE_SECONDS_MAX: Final = 5.0  # a peer that does not read what we sent last is cut off
PEER_CLOSED: Final = "the peer closed"  # in mid-session: the caller hung up, and Asterisk ends the session with him


class WireOwner(Protocol):
    """The server, as its connections see it."""

    def wire_opened(self, wire: Wire) -> bool:
        """Answer False to refuse the connection."""
        ...

    def wire_began(self, wire: Wire, head: Mapping[str, str]) -> None: ...

    def wire_closed(self, wire: Wire) -> None: ...


class Wire(asyncio.Protocol):
    """One connection.

    A command is written only after the reply to the one before: a peer that does not read stops us, and at most one
    command (agi_text.COMMAND_BYTES_MAX) ever waits to be sent.
    """

    __slots__ = (
        "_buffer",
        "_head_is_read",
        "_loop",
        "_owner",
        "_peer",
        "_reply_due",
        "_searched",
        "_session_due",
        "_timer",
        "_transport",
        "_usage",
        "_waiter",
        "hung_up",
        "lost",
    )

    def __init__(self, owner: WireOwner, loop: asyncio.AbstractEventLoop) -> None:
        self._owner = owner
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._searched = 0  # bytes of the buffer that hold no line end: no byte is looked at twice
        self._head_is_read = False
        self._usage: list[str] | None = None  # lines of a 520 block that is not complete yet
        self._waiter: asyncio.Future[Reply] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._session_due = 0.0
        self._reply_due = 0.0
        self._peer = ""
        self.hung_up = False
        self.lost = ""  # why the connection ended; empty while it is up

    # What the session uses.

    async def ask(self, command: str, seconds_max: float = REPLY_SECONDS_MAX) -> Reply:
        """Send one command and return its own reply; CallLost when the connection cannot give one."""
        line = command_line(command)
        if self.lost or self._transport is None:
            raise CallLost(self.lost)
        if self._waiter is not None:
            raise RuntimeError("one AGI command at a time")
        self._reply_due = self._loop.time() + seconds_max
        waiter: asyncio.Future[Reply] = self._loop.create_future()
        self._waiter = waiter
        self._transport.write(line)
        try:
            return await waiter
        except asyncio.CancelledError:
            self.lose("session cancelled in mid-command")  # its reply may still come: no later one could be paired
            raise
        finally:
            self._waiter = None

    @property
    def peer(self) -> str:
        """The other side's address. Asked of the system only when needed: a good call never needs it."""
        if not self._peer and self._transport is not None and (name := self._transport.get_extra_info("peername")):
            self._peer = str(name[0])
        return self._peer

    def give_session(self, seconds: float) -> None:
        """Set how long the session may last from now."""
        self._session_due = due = self._loop.time() + seconds
        if self._timer is not None and due < self._timer.when():
            self._arm(due)

    def close(self) -> None:
        """End the connection; what was written is still sent, for a short time."""
        if self._transport is None or self.lost:
            return
        self.lost = "closed"
        self._transport.close()
        if self._transport.get_write_buffer_size():
            self._arm(self._loop.time() + CLOSE_SECONDS_MAX)

    def lose(self, why: str) -> None:
        """Drop the connection at once: whoever waits for a reply gets CallLost."""
        if not self.lost:
            self.lost = why
        if self._transport is not None:
            if not self._head_is_read:
                self._peer = self.peer  # for the log line: who it was that sent no call
            self._transport.abort()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(CallLost(self.lost))

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._session_due = self._loop.time() + HEAD_SECONDS_MAX
        if self._owner.wire_opened(self):
            self._arm(self._session_due)
        else:
            self.lose("refused")

    def data_received(self, data: bytes) -> None:
        waiter = self._waiter
        if (plain := PLAIN_REPLIES.get(data)) and waiter and not (waiter.done() or self._buffer or self._usage):
            waiter.set_result(plain)
            return
        if self.lost:
            return
        if self._head_is_read and not self._buffer and data.find(b"\n") == len(data) - 1 and self._usage is None:
            self._line_received(data[:-1])  # the usual case: one whole line, nothing waiting
            return
        self._buffer += data
        if not self._head_is_read and not self._read_head():
            return
        while self._buffer and not self.lost:
            end = self._buffer.find(b"\n", self._searched)
            if end < 0:
                self._searched = len(self._buffer)
                if self._searched > LINE_BYTES_MAX:
                    self.lose("line too long")
                return
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._searched = 0
            self._line_received(line)

    def eof_received(self) -> bool:
        self.lose(PEER_CLOSED)  # half-open is no use to us: Asterisk never shuts one side only
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._head_is_read:
            self._peer = self.peer
        self._transport = None
        self.lose(type(exc).__name__ if exc else PEER_CLOSED)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._owner.wire_closed(self)

    # How it is done.

    def _read_head(self) -> bool:
        """Take the head off the buffer when it is complete: lines up to an empty one."""
        buffer = self._buffer
        end = -1 if buffer[:1] == b"\n" else buffer.find(b"\n\n", max(0, self._searched - 1))
        if end < 0 and buffer[:1] != b"\n":
            self._searched = len(buffer)
            if self._searched > HEAD_BYTES_MAX:
                self.lose("head too long")
            return False
        if end > HEAD_BYTES_MAX:
            self.lose("head too long")
            return False
        text = buffer[: max(end, 0)].decode("utf-8", "replace")
        del buffer[: end + 2]
        self._searched = 0
        self._head_is_read = True
        self._owner.wire_began(self, head_fields(text))
        return True

    def _line_received(self, raw: bytes) -> None:
        waiter = self._waiter
        line = raw.decode("utf-8", "replace").removesuffix("\r")
        if self._usage is not None:
            self._usage_received(self._usage, line)
        elif line == "HANGUP":
            self.hung_up = True  # a notice: the reply is still to come
        elif waiter is None or waiter.done():
            self.lose(f"not asked for: {line[:40]!r}")
        elif line.startswith("520-"):
            self._usage = [line]
        elif (reply := reply_of(line)) is None:
            self.lose(f"not AGI: {line[:40]!r}")
        elif reply.code != 100:  # "trying": the reply is still to come
            waiter.set_result(reply)

    def _usage_received(self, usage: list[str], line: str) -> None:
        usage.append(line)
        if line.startswith("520 "):
            self._usage = None
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_result(Reply(520, "", "\n".join(usage)))
        elif sum(map(len, usage)) > LINE_BYTES_MAX:
            self.lose("usage text too long")

    def _arm(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._timer_rang)

    def _timer_rang(self) -> None:
        """One timer a connection looks at all its deadlines and is set anew only here: a command costs no timer."""
        self._timer = None
        now = self._loop.time()
        if self.lost:
            self.lose(self.lost)
        elif not self._head_is_read:
            self.lose("slow head")
        elif now >= self._session_due:
            self.lose("session time is over")
        elif self._waiter is not None and now >= self._reply_due:
            self.lose("no reply")
        else:
            reply_due = self._session_due if self._waiter is None else self._reply_due
            self._arm(min(self._session_due, reply_due, now + LOOK_SECONDS))
