"""The FastAGI server: panoramisk's table of routes behind our own bounded connections, one coroutine a session."""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog
from panoramisk import fast_agi

from fastagi.agi_call import AgiCall
from fastagi.call import CallerHungUp, CallLost, PromptMissing
from fastagi.log_pace import LogPace
from fastagi.logs import bind_session
from fastagi.speech import checked_folder
from fastagi.trace import Trace
from fastagi.wire import PEER_CLOSED, Wire

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastagi.trace import TraceFile

Handler = Callable[[AgiCall], Awaitable[None]]

CONNECTIONS_MAX: Final = 400  # sessions at once; no session is open while people talk
SETTLE_SESSIONS_EXTRA: Final = 100  # on top, for settlements: a full house must still be able to bill
HEADS_PENDING_MAX: Final = 100  # connections that have not said who they are: beyond it the oldest is dropped
SESSION_SECONDS_MAX: Final = 600.0  # an IVR session: three tries and three destinations, slowly
SETTLE_SECONDS_MAX: Final = 10.0  # a settle session: one transaction, and it may run on a dead channel
ROUTE_SECONDS_MAX: Final = 3.0  # the caller hears nothing meanwhile, and after it the call goes on
DRAIN_SECONDS_MAX: Final = 30.0  # how long IVR sessions may go on after SIGTERM
ABANDON_SECONDS: Final = 5.0  # a handler that outlives its connection by this much is cancelled
BACKLOG: Final = 512  # a burst of calls waits in the kernel, not at Asterisk

log = structlog.get_logger(__name__)


class PortUnavailable(OSError):
    """The server cannot listen where it should; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Route:
    """How one AGI script is served. A session that `always_ends` is waited for on shutdown."""

    handler: Handler
    seconds_max: float
    always_ends: bool


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What the operator may set."""

    connections_max: int = CONNECTIONS_MAX
    session_seconds_max: float = SESSION_SECONDS_MAX
    drain_seconds_max: float = DRAIN_SECONDS_MAX
    peers: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network] = ()  # empty: whoever reaches the address


@dataclass(slots=True)
class _Session:
    wire: Wire
    call: AgiCall
    route: Route
    script: str
    begun_at: float
    task: asyncio.Task[None] | None = None
    abandon: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class _Door:
    """Connections: those whose head is still to come, oldest first, and those in session."""

    pending: dict[Wire, None] = field(default_factory=dict)
    sessions: dict[Wire, _Session] = field(default_factory=dict)


class CardServer(fast_agi.Application):
    """Serves AGI scripts. Build it in the running loop, add routes, `listen`, and `drain` at the end."""

    def __init__(
        self, prompts_folder: str, limits: ServerLimits | None = None, trace_file: TraceFile | None = None
    ) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(loop=loop)  # type: ignore[no-untyped-call]  # panoramisk has no types
        self.loop: asyncio.AbstractEventLoop = loop
        self.limits = limits or ServerLimits()
        self.counters: Counter[str] = Counter()
        self.routes: dict[str, Route] = {}
        self._prompts_folder = checked_folder(prompts_folder)
        self._trace_file = trace_file
        self._door = _Door()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self._pace = LogPace(loop.time)

    def add_route(
        self, path: str, endpoint: Handler, *, seconds_max: float | None = None, always_ends: bool = False
    ) -> None:
        """Serve the script `path` by an async handler; `always_ends` for sessions that carry money."""
        if not inspect.iscoroutinefunction(endpoint):
            raise TypeError(f"the handler of {path} must be async")
        super().add_route(path, endpoint)  # type: ignore[no-untyped-call]  # panoramisk has no types
        self.routes[path] = Route(endpoint, seconds_max or self.limits.session_seconds_max, always_ends)

    @property
    def sessions(self) -> int:
        return len(self._door.sessions)

    @property
    def is_stopping(self) -> bool:
        return self._listener is None or not self._listener.is_serving()

    async def listen(self, host: str, port: int) -> int:
        """Begin to serve; return the port (of use when 0 was asked for)."""
        try:
            self._listener = await self.loop.create_server(
                lambda: Wire(self, self.loop), host, port, backlog=BACKLOG, start_serving=True
            )
        except OSError as error:
            raise PortUnavailable(
                error.errno,
                f"FastAGI cannot listen on {host}:{port} ({error.strerror or error}). "
                "Does another server run there? Stop it, or set CALLINGCARD_FASTAGI_PORT.",
            ) from error
        port = self._listener.sockets[0].getsockname()[1]
        log.info("fastagi listening", host=host, port=port, routes=" ".join(self.routes))
        return port

    async def drain(self) -> None:
        """Stop: accept nothing more, let callers finish for a while, and let settlements finish in any case."""
        if self._listener is not None:
            self._listener.close()
        for wire in list(self._door.pending):
            wire.lose("server is stopping")
        log.info("fastagi stopping", sessions=self.sessions)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self.limits.drain_seconds_max)
        for session in list(self._door.sessions.values()):
            if not session.route.always_ends:
                self.counters["cut"] += 1
                session.wire.lose("server is stopping")
        while self._tasks:  # ends: each has its own bound, and a handler that outlives its connection is cancelled
            await asyncio.wait(self._tasks)
        log.info("fastagi stopped", **self.counters)

    # What a connection tells (WireOwner).

    def wire_opened(self, wire: Wire) -> bool:
        if self.limits.peers and not self._is_permitted(wire.peer):
            return self._junk("peer not permitted", wire)
        pending = self._door.pending
        if len(pending) >= HEADS_PENDING_MAX:  # Asterisk says at once who it is, so the oldest is no call
            oldest = next(iter(pending))
            del pending[oldest]
            oldest.lose("too many connections without a head")
            self._junk(oldest.lost, oldest)
        pending[wire] = None
        return True

    def wire_began(self, wire: Wire, head: Mapping[str, str]) -> None:
        self._door.pending.pop(wire, None)
        script = head.get("agi_network_script", "").partition("?")[0]
        route = self.routes.get(script)
        if route is None:
            self._junk("no such script", wire, script[:40])
            wire.close()
            return
        if self.sessions >= self.limits.connections_max + (SETTLE_SESSIONS_EXTRA if route.always_ends else 0):
            self._junk("too many sessions", wire, script)
            wire.close()
            return
        self.counters["sessions"] += 1
        wire.give_session(route.seconds_max)
        trace = Trace(head.get("agi_uniqueid", ""), head.get("agi_callerid", ""), self._trace_file)
        session = _Session(wire, AgiCall(wire, head, self._prompts_folder, trace), route, script, self.loop.time())
        self._door.sessions[wire] = session
        session.task = task = self.loop.create_task(self._serve(session))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def wire_closed(self, wire: Wire) -> None:
        if wire in self._door.pending:
            del self._door.pending[wire]
            self._junk(wire.lost, wire)
        session = self._door.sessions.pop(wire, None)
        if session is not None and session.task is not None and not session.task.done():
            session.abandon = self.loop.call_later(ABANDON_SECONDS, session.task.cancel)

    # One session.

    async def _serve(self, session: _Session) -> None:
        """The entry point of every session: whatever its handler raises is told here, once, and harms no other call."""
        bind_session(session.call.unique_id)
        end = "done"
        try:
            await session.route.handler(session.call)
        except CallLost as lost:
            end = "caller hung up" if str(lost) == PEER_CLOSED else f"lost: {lost}"
        except CallerHungUp:
            end = "caller hung up"
        except PromptMissing as missing:
            end = "prompt missing"
            log.error("prompt missing", script=session.script, prompts=str(missing))  # noqa: TRY400 - no stack needed
        except asyncio.CancelledError:
            self._ended(session, "abandoned")
            raise
        except Exception:
            end = "failed"
            log.exception("session failed", script=session.script, channel=session.call.channel)
        self._ended(session, end)

    def _ended(self, session: _Session, end: str) -> None:
        session.wire.close()  # first: whatever is wrong with log or trace, the caller's channel goes on
        if session.abandon is not None:
            session.abandon.cancel()
        self.counters[end.partition(":")[0]] += 1
        session.call.trace.ended(end)
        log.info(
            "session ended",
            script=session.script,
            end=end,
            seconds=round(self.loop.time() - session.begun_at, 3),
        )

    def _is_permitted(self, peer: str) -> bool:
        address = ipaddress.ip_address(peer.partition("%")[0])
        return any(address in network for network in self.limits.peers)

    def _junk(self, why: str, wire: Wire, script: str = "") -> bool:
        """Count a connection that was no call, and log such lines at a bounded pace. Always False: it is refused."""
        self.counters["junk"] += 1
        unsaid = self._pace.unsaid_before("junk")
        if unsaid is not None:
            log.warning("connection refused", why=why, peer=wire.peer, script=script, unsaid=unsaid)
        return False
