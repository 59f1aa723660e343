"""A call server of a hundred lines, so that the dialplan is tested without FastAGI."""

from __future__ import annotations

import contextlib
import socketserver
import threading
import traceback
import uuid
from typing import TYPE_CHECKING

from telephony.handover import AgiScript, NextStep, RouteArguments, SettleArguments, Variable

if TYPE_CHECKING:
    from collections.abc import Callable


class Session:
    """One request of the dialplan: its head, and commands with their replies."""

    def __init__(self, stream: socketserver.StreamRequestHandler) -> None:
        self._stream = stream
        self.head: dict[str, str] = {}
        while line := self._line():
            name, _, value = line.partition(": ")
            self.head[name.removesuffix(":")] = value

    def arguments(self) -> list[str]:
        count = sum(name.startswith("agi_arg_") for name in self.head)
        return [self.head[f"agi_arg_{number}"] for number in range(1, count + 1)]

    def ask(self, command: str) -> str:
        self._stream.wfile.write(command.encode() + b"\n")
        while (reply := self._line()) == "HANGUP":
            pass
        return reply

    def set(self, name: Variable, value: str) -> None:
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        self.ask(f'SET VARIABLE {name} "{quoted}"')

    def _line(self) -> str:
        return self._stream.rfile.readline().decode().rstrip("\n")


class _Listener(socketserver.ThreadingTCPServer):
    """Keeps what went wrong in a session, or kept one from beginning: its caller only hears an excuse."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, handler: type[socketserver.StreamRequestHandler]) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.failures: list[str] = []

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address
        self.failures.append(traceback.format_exc())


class TinyAgiServer:
    """Plays one entry of `rounds` for each number asked, then ends the call; keeps every settlement."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.rounds: list[Callable[[Session, str], None]] = []
        self.heads: list[dict[str, str]] = []
        self.requests: list[list[str]] = []
        self.settled: dict[str, SettleArguments] = {}
        self.settle_requests = 0
        self.turns: dict[str, str] = {}  # by route: what the dialplan is told when it moves on
        self.asked: list[str] = []
        self.failures: list[str] = []
        self._server: _Listener | None = None

    def start(self) -> None:
        script = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    script.serve(Session(self))

        self._server = _Listener(self.port, Handler)
        self._server.failures = self.failures
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        server, self._server = self._server, None
        if server:
            server.shutdown()
            server.server_close()

    def serve(self, session: Session) -> None:
        match session.head.get("agi_network_script"):
            case AgiScript.SETTLE:
                self._settle(session)
            case AgiScript.ROUTE:
                self._route(session)
            case _:
                self._card_call(session)

    def _route(self, session: Session) -> None:
        route = RouteArguments.from_agi(session.arguments()).route
        self.asked.append(route)
        if route in self.turns:
            session.set(Variable.TURN, self.turns[route])

    def _card_call(self, session: Session) -> None:
        self.heads.append(session.head)
        self.requests.append(session.arguments())
        session.ask("ANSWER")
        if self.rounds:
            self.rounds.pop(0)(session, str(uuid.uuid4()))
        else:
            session.set(Variable.NEXT, NextStep.END)

    def _settle(self, session: Session) -> None:
        self.settle_requests += 1
        settle = SettleArguments.from_agi(session.arguments())
        self.settled.setdefault(settle.call_id, settle)
        session.set(Variable.SETTLED, settle.call_id)


def dial(
    number: str,
    *routes: str,
    ring: str | None = None,
    limit: str = "60000",
    numbers: str | None = None,
    **lists: str,
) -> Callable[[Session, str], None]:
    """One round that hands over a number for these routes; `lists` as SHOWN or CLAIM."""

    def round_(session: Session, call_id: str) -> None:
        session.set(Variable.CALL, call_id)
        session.set(Variable.DST, ":".join([number] * len(routes)) if numbers is None else numbers)
        session.set(Variable.ROUTES, ":".join(routes))
        session.set(Variable.RING, ":".join(["10"] * len(routes)) if ring is None else ring)
        for name, value in lists.items():
            session.set(Variable[name], value)
        session.set(Variable.LIMIT, limit)
        session.set(Variable.NEXT, NextStep.DIAL)

    return round_
