"""The link to an Asterisk that drops us at its door, or takes the connection and says nothing: it is made anew."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING

import pytest
import uvloop

from fastagi.watcher import ami_link
from fastagi.watcher.ami_link import AmiLink, LinkLost
from telephony.watched import WatchedAsterisk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: the connection ends without a farewell
DROPS = 100  # some of them come before the link knows that it was connected
SECONDS_MAX = 60


class Door:
    """An Asterisk's control port, in a thread of its own. `first` treats its first visitors; it answers the others."""

    def __init__(self, first: list[Callable[[socket.socket], None]]) -> None:
        self.first = first
        self.visitors = 0
        self._lines: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._stand, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for line in [*self._lines, self._listener]:
            line.close()

    def _stand(self) -> None:
        with contextlib.suppress(OSError):  # the listener was shut
            while True:
                line, _ = self._listener.accept()
                self._lines.append(line)
                self.visitors += 1
                treat = self.first.pop(0) if self.first else let_in
                treat(line)


def let_in(line: socket.socket) -> None:
    line.sendall(b"Asterisk Call Manager/11.0.0\r\n")
    with line.makefile("rb") as lines:
        (action,) = [told for told in iter(lines.readline, b"\r\n") if told.startswith(b"ActionID")]
    line.sendall(b"Response: Success\r\n" + action + b"Message: Authentication accepted\r\n\r\n")
    line.sendall(b"Event: FullyBooted\r\nStatus: Fully Booted\r\nUptime: 5\r\n\r\n")


def drop(line: socket.socket) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    line.close()


def farewell(line: socket.socket) -> None:
    line.close()


def silence(line: socket.socket) -> None:
    del line


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_link, "RECONNECT_SECONDS", 0.01)
    monkeypatch.setattr(ami_link, "LOGIN_SECONDS_MAX", 1)


@pytest.fixture
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    door = Door(list(request.param))
    yield door
    door.close()


def comes_up(door: Door) -> None:
    async def wait() -> None:
        link = AmiLink(WatchedAsterisk("north", "127.0.0.1", door.port, "secret", "secret"), lambda: None)
        link.connect()
        async with asyncio.timeout(SECONDS_MAX):
            await until_up(link)
        link.close()

    uvloop.run(wait())


@pytest.mark.parametrize("door", [[drop] * DROPS, [farewell] * DROPS], ids=["reset", "farewell"], indirect=True)
def test_who_is_dropped_at_the_door_comes_again(door: Door) -> None:
    """F11: as often as it takes, also when it is dropped before it knows that it was connected."""
    comes_up(door)
    assert door.visitors == DROPS + 1


@pytest.mark.parametrize("door", [[silence, silence]], ids=["silence"], indirect=True)
def test_a_silent_port_is_left_and_asked_again(door: Door) -> None:
    """Asterisk's host took the connection, and Asterisk itself hangs."""
    comes_up(door)
    assert door.visitors == 3


@pytest.mark.parametrize("door", [[let_in]], ids=["silence after the login"], indirect=True)
def test_a_link_that_falls_silent_is_noticed_at_the_next_list_and_made_anew(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F11: a heartbeat later at most the list does not come, and nothing is decided without it."""
    monkeypatch.setattr(ami_link, "LIST_SECONDS_MAX", 1)
    losses: list[str] = []

    async def wait() -> None:
        link = AmiLink(WatchedAsterisk("north", "127.0.0.1", door.port, "secret", "secret"), lambda: None)
        link.connect()
        async with asyncio.timeout(SECONDS_MAX):
            await until_up(link)
            with pytest.raises(LinkLost):
                await link.list_channels()
            losses.append(link.why)
            await until_up(link)
        link.close()

    uvloop.run(wait())
    assert losses == ["no list of channels in time"]
    assert door.visitors == 2


async def until_up(link: AmiLink) -> None:
    while not link.is_up:  # noqa: ASYNC110 (the link has no event to wait for)
        await asyncio.sleep(0.01)
