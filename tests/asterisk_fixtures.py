"""Real Asterisk for tests: the platform and the demo carriers, booted once, on free ports of the loopback.

Use it in a conftest.py:

    from tests.asterisk_fixtures import asterisk_program, free_tcp_port, running_plant

    @pytest.fixture(scope="session")
    def plant(asterisk_program, tmp_path_factory):
        with running_plant(tmp_path_factory.mktemp("plant"), asterisk_program, prompts=PROMPTS) as plant:
            yield plant

`plant.agi_port` is where the platform looks for its call server: start yours there. `plant.phone.call("15550001")`
places a real call. The first call after a boot reads code from disk and runs late: `running_plant` makes one that
finds no call server.
"""

from __future__ import annotations

import csv
import os
import socket
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from telephony.boot import RunningAsterisk, boot
from telephony.configuration import write_instance
from telephony.instance import InstanceSpec, Role
from telephony.phone import CallerPhone, CallNotPlaced
from telephony.program import AsteriskNotFound, AsteriskProgram, find_asterisk
from telephony.trunks import Trunk, TrunkPlan
from tests.carrier_lines import CarrierLines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCESS_NUMBER = "15550001"
LOOPBACKS = tuple(f"127.0.0.{number}" for number in range(1, 8))


@dataclass(frozen=True, slots=True)
class Site:
    """What distinguishes two plants on one machine. `agi_other_port`: the call server of the other one; `agi_far`:
    where Asterisk finds its own, if that is not the server's own address.
    """

    name: str = "north"
    rtp_first: int = 26_000
    agi_port: int | None = None
    agi_other_port: int | None = None
    agi_far: str = ""


@dataclass(slots=True)
class Plant:
    """Both instances, and where they look for the call server, prompts and spool."""

    platform: RunningAsterisk
    carrier: RunningAsterisk
    agi_port: int
    prompts: Path
    spool: Path

    @property
    def phone(self) -> CallerPhone:
        return CallerPhone(self.carrier.instance)

    def channel_lines(self) -> list[str]:
        """One line for each channel up on the platform, its fields separated by `!`."""
        return self.platform.console("core show channels concise").splitlines()

    def channels(self) -> int:
        """Channels up on the platform: 0 when every call and its hangup handler are over."""
        return int(self.platform.console("core show channels count").split()[0])

    def kill_platform(self) -> None:
        """kill -9, as a crash would."""
        self.platform.process.kill()
        self.platform.process.wait()

    def revive_platform(self) -> None:
        """Start it again after it was killed, in the same folder."""
        self.platform = boot(self.platform.instance, self.platform.program, dies_with_parent=True)

    def stop(self) -> None:
        self.platform.stop()
        self.carrier.stop()

    def wait_until_idle(self, seconds: float = 20) -> None:
        wait_for(lambda: self.channels() == 0, seconds)


@pytest.fixture(scope="session")
def asterisk_program() -> AsteriskProgram:
    root = os.environ.get("CALLINGCARD_ASTERISK_ROOT")
    state = Path(os.environ.get("CALLINGCARD_STATE_DIR", "var"))
    try:
        return find_asterisk(root=Path(root) if root else None, state=state)
    except AsteriskNotFound as reason:
        pytest.skip(str(reason))


@contextmanager
def running_plant(
    folder: Path, program: AsteriskProgram, *, prompts: Path, spool: Path | None = None, site: Site | None = None
) -> Iterator[Plant]:
    """Boot the demo carrier and the platform in `folder`; stop both at the end."""
    site = site or Site()
    sip_platform, sip_carrier, sip_dead = (free_udp_port() for _ in range(3))
    lines = CarrierLines(sip_carrier, free_tcp_port(), sip_platform, free_tcp_port(), folder / "tls")
    spool = spool or folder / "unsettled"
    keeper = kept_tcp_port()
    agi_port = site.agi_port or int(keeper.getsockname()[1])
    demo = InstanceSpec(
        folder=folder / "demo-carrier",
        role=Role.DEMO_CARRIER,
        sip_port=sip_carrier,
        ami_port=free_tcp_port(),
        rtp_first=site.rtp_first + 1_000,
        rtp_last=site.rtp_first + 1_998,
        prompts=prompts,
        spool=spool,
        peer_port=sip_platform,
    )
    platform = InstanceSpec(
        folder=folder / "platform",
        role=Role.PLATFORM,
        name=site.name,
        sip_port=sip_platform,
        ami_port=free_tcp_port(),
        rtp_first=site.rtp_first,
        rtp_last=site.rtp_first + 998,
        prompts=prompts,
        spool=spool,
        agi=site.agi_far or f"127.0.0.1:{agi_port}",
        agi_other=f"127.0.0.1:{site.agi_other_port}" if site.agi_other_port else "",
        trunks=TrunkPlan((*demo_trunks(sip_carrier, sip_dead).trunks, *lines.trunks())),
        sip_tcp=True,
        tls=lines.platform_tls(),
    )
    with ExitStack() as stack:
        stack.callback(keeper.close)
        running = []
        for spec in (demo, platform):
            instance = write_instance(spec, program)
            if spec is demo:
                lines.add_to(instance)
            running.append(boot(instance, program, dies_with_parent=True))
            stack.callback(running[-1].stop)
        plant = Plant(running[1], running[0], agi_port, prompts, spool)
        stack.callback(plant.stop)  # a revived platform is another process than the one that was booted first
        warm_up(plant)
        yield plant


def demo_trunks(carrier_port: int, dead_port: int) -> TrunkPlan:
    return TrunkPlan(
        (
            Trunk("demo.cheap", "127.0.0.2", carrier_port),
            Trunk("demo.second", "127.0.0.3", carrier_port),
            Trunk("demo.dear", "127.0.0.4", carrier_port),
            Trunk("demo.dead", "127.0.0.1", dead_port),
        )
    )


def warm_up(plant: Plant) -> None:
    try:
        with plant.phone.call(ACCESS_NUMBER) as call:
            call.wait_for_end(5)
    except CallNotPlaced:
        return
    plant.wait_until_idle()


def cel_rows(running: RunningAsterisk) -> list[list[str]]:
    """Rows of the instance's event log: event, time, channel, uniqueid, linkedid, accountcode, application, extra."""
    try:
        with running.instance.cel_file.open(newline="") as file:
            return list(csv.reader(file))
    except FileNotFoundError:
        return []


def free_tcp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kept_tcp_port() -> socket.socket:
    """A port that stays ours while this socket is open, also while our server on it is stopped: no other process of a
    run is given it. It takes no connection itself, and a server that asks for the address again (SO_REUSEADDR) gets it.
    """
    keeper = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    return keeper


def free_udp_port() -> int:
    """A port that is free on every loopback address the demo uses."""
    while True:
        with ExitStack() as stack:
            port = 0
            try:
                for host in LOOPBACKS:
                    probe = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    probe.bind((host, port))
                    port = int(probe.getsockname()[1])
            except OSError:
                continue
            return port


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("waited too long")
        time.sleep(0.05)
