"""A real wire that loses, delays, doubles and reorders packets: the kernel's own TCP at both of its ends.

The far end is a network namespace. Between the two stands this process, which hands packets from one TUN device to
the other: that needs no traffic control (netem) in the kernel, which many machines have not.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import secrets
import select
import socket
import struct
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
PACKET_BYTES_MAX = 65_536
LOOK_SECONDS = 0.002


@dataclass
class Weather:
    """What happens to packets: shares of 1, and seconds. `is_cut`: none comes through, and nobody says so."""

    lost: float = 0
    doubled: float = 0
    delay_seconds: float = 0
    jitter_seconds: float = 0
    is_cut: bool = False


class LossyWire:
    """`near` is our address on it, `far` that of the other end."""

    def __init__(self, seed: int) -> None:
        self.weather = Weather()
        self.lost = self.passed = 0
        number = secrets.randbelow(2**14)
        self.near, self.far = (f"198.18.{number // 64}.{number % 64 * 4 + place}" for place in (1, 2))
        self._name = f"cc{os.getpid()}-{number}"[:14]
        self._random = random.Random(seed)  # noqa: S311 (the same fate for the same seed)
        self._ends: list[int] = []
        self._waiting: list[tuple[float, int, int, bytes]] = []
        self._is_over = False
        self._relay = threading.Thread(target=self._hand_over, daemon=True)

    def open(self) -> None:
        _ip("netns", "add", self._name)
        for place, address in ((0, self.near), (1, self.far)):
            device = f"{self._name}{'nf'[place]}"
            self._ends.append(_tun(device))
            inside = ("-n", self._name) if place else ()
            if place:
                _ip("link", "set", device, "netns", self._name)
            _ip(*inside, "addr", "add", f"{address}/30", "dev", device)
            _ip(*inside, "link", "set", device, "up")
        self._relay.start()

    def close(self) -> None:
        self._is_over = True
        if self._relay.is_alive():
            self._relay.join()
        for end in self._ends:
            os.close(end)
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("netns", "del", self._name)

    def listener(self) -> socket.socket:
        """Listens at the far end, on a free port; whoever takes its connections is on this machine as before."""
        found: list[socket.socket] = []
        maker = threading.Thread(target=lambda: found.append(self._listen()))
        maker.start()
        maker.join()
        return found[0]

    def _listen(self) -> socket.socket:
        """A thread that enters a namespace does so alone."""
        with Path(f"/var/run/netns/{self._name}").open("rb") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        return socket.create_server((self.far, 0))

    def _hand_over(self) -> None:
        number = 0
        while not self._is_over:
            readable, _, _ = select.select(self._ends, [], [], LOOK_SECONDS)
            for end in readable:
                packet = os.read(end, PACKET_BYTES_MAX)
                other = self._ends[1 - self._ends.index(end)]
                for due in self._fate():
                    number += 1
                    heapq.heappush(self._waiting, (due, number, other, packet))
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                _, _, other, packet = heapq.heappop(self._waiting)
                with contextlib.suppress(OSError):  # the device is going down
                    os.write(other, packet)

    def _fate(self) -> Iterator[float]:
        """When a packet arrives: never, once or twice."""
        weather = self.weather
        if weather.is_cut or self._random.random() < weather.lost:
            self.lost += 1
            return
        for _ in range(2 if self._random.random() < weather.doubled else 1):
            self.passed += 1
            yield time.monotonic() + weather.delay_seconds + weather.jitter_seconds * self._random.random()


@contextmanager
def lossy_wire(seed: int = 1) -> Iterator[LossyWire]:
    """Skips the test where a machine gives us no namespace or no device."""
    if os.geteuid() != 0:
        pytest.skip("only root may make network namespaces and devices")
    wire = LossyWire(seed)
    try:
        _or_skip(wire.open)
        yield wire
    finally:
        wire.close()


def _or_skip(work: Callable[[], None]) -> None:
    try:
        work()
    except FileNotFoundError as missing:
        pytest.skip(f"this machine has no {missing.filename}")
    except OSError as refused:
        pytest.skip(f"this machine permits no TUN device: {refused}")
    except subprocess.CalledProcessError as refused:
        pytest.skip(f"this machine permits no network namespace: {refused.stderr.strip()}")


def _tun(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
