"""pyst2's AMI manager made safe to hold: every wait has an end, closing never raises, today's names of threading."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import asterisk.manager

if TYPE_CHECKING:
    from collections.abc import Callable


class _Thread(threading.Thread):
    def setDaemon(self, daemonic: bool) -> None:  # noqa: FBT001, N802  -- pyst2 calls it so; the standard one warns
        self.daemon = daemonic


class _Event(threading.Event):
    def isSet(self) -> bool:  # noqa: N802  -- pyst2 calls it so; the standard one warns
        return self.is_set()


# pyst2 uses names of threading that are deprecated and will go: give its module present ones.
asterisk.manager.threading = SimpleNamespace(  # type: ignore[assignment]  # stands in for the module
    Thread=_Thread, Event=_Event, Lock=threading.Lock, currentThread=threading.current_thread
)


class _BoundedQueue(queue.Queue[Any]):
    """A queue whose get() answers None when the time is over, which pyst2 takes as "connection terminated"."""

    def __init__(self, seconds_each: float, deadline: float | None) -> None:
        super().__init__()
        self._seconds_each, self._deadline = seconds_each, deadline

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: ANN401, ARG002, FBT001, FBT002
        wait = self._seconds_each if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        try:
            return super().get(timeout=min(wait, self._seconds_each))
        except queue.Empty:
            return None


class BoundedManager(asterisk.manager.Manager):
    """A manager whose answers come within `seconds_each`, and all within `seconds_in_all` when that is given."""

    def __init__(self, seconds_each: float, seconds_in_all: float | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyst2 has no types
        deadline = None if seconds_in_all is None else time.monotonic() + seconds_in_all
        self._response_queue = _BoundedQueue(seconds_each, deadline)
        self._seconds_each = seconds_each
        self._connection: socket.socket | None = None

    def open(self, host: str, port: int) -> None:
        """Connect and read the greeting; raises OSError when nobody listens or says nothing."""
        connection = socket.create_connection((host, port), self._seconds_each)
        connection.settimeout(None)
        self._connection = connection
        self._sock = connection.makefile(mode="rwb", buffering=0)
        self._connected.set()
        self._running.set()
        self.message_thread.start()
        self.event_dispatch_thread.start()
        if self._response_queue.get() is None:
            raise TimeoutError("no greeting")

    def log_in(self, name: str, secret: str) -> None:
        """Raises ManagerAuthException when Asterisk refuses."""
        self.login(name, secret)  # type: ignore[no-untyped-call]

    def ask(self, fields: dict[str, str | list[str]]) -> dict[str, str]:
        """Send an action and return the headers of its response; raises ManagerException when none comes."""
        return dict(self.send_action(fields).headers)  # type: ignore[no-untyped-call]

    def listen(self, event: str, call: Callable[[dict[str, str]], None]) -> None:
        """Call `call` with the headers of every event of that name."""
        self.register_event(event, lambda message, _: call(message.headers))  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """End the connection and the threads; may be called again, and from an event's callback."""
        connection, self._connection = getattr(self, "_connection", None), None
        if connection is None:
            return
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)  # wakes the reader, which then ends the other threads
        for thread in (self.message_thread, self.event_dispatch_thread):
            if thread is not threading.current_thread():
                thread.join(self._seconds_each)
        self._running.clear()
        connection.close()
