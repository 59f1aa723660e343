"""A TCP proxy between two of our parts: it cuts the line, keeps it silent, or loses the answer to one message."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field

CHUNK_BYTES = 65_536


@dataclass
class Proxy:
    """Listens on a free port of the loopback, or where `listener` does, and passes everything on to `port`."""

    port: int
    listener: socket.socket | None = None
    passed: int = 0
    _lines: list[socket.socket] = field(default_factory=list)
    _lost_after: bytes = b""
    _is_cut: bool = False
    _is_silent: bool = False
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._listener = self.listener or socket.create_server(("127.0.0.1", 0))
        self.own_port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every line drops, and who connects is dropped again."""
        self._is_cut = True
        self._drop_all()

    def hush(self) -> None:
        """Every line stands and takes what is sent, and nothing comes through: packets are lost and nobody says so."""
        self._is_silent = True

    def mend(self) -> None:
        """A line that lost something in silence is of no use any more."""
        if self._is_silent:
            self._drop_all()
        self._is_cut = self._is_silent = False

    def lose_answer_to(self, message: bytes) -> None:
        """The next message that holds these bytes is passed on; its line drops before an answer comes back."""
        with self._guard:
            self._lost_after = message

    def close(self) -> None:
        self._is_cut = True
        self._listener.close()
        self._drop_all()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = None if self._is_cut else self._connected()
            if far is None:
                near.close()
                continue
            self._lines += [near, far]
            threading.Thread(target=self._pass, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _connected(self) -> socket.socket | None:
        try:
            return socket.create_connection(("127.0.0.1", self.port), 5)
        except OSError:
            return None

    def _pass(self, source: socket.socket, target: socket.socket, is_question: bool) -> None:  # noqa: FBT001
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                if self._is_silent:
                    continue
                is_lost = is_question and self._takes(data)
                if is_lost:
                    _drop(source)  # first: no answer may come back
                target.sendall(data)
                self.passed += 1
                if is_lost:
                    target.recv(1)  # the answer is there: what was asked is done
                    break
        _drop(source)
        _drop(target)

    def _takes(self, data: bytes) -> bool:
        with self._guard:
            if not self._lost_after or self._lost_after not in data:
                return False
            self._lost_after = b""
            return True

    def _drop_all(self) -> None:
        lines, self._lines = self._lines, []
        for line in lines:
            _drop(line)


def _drop(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
