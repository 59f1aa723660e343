"""A carrier that answers a call by sending it elsewhere (302): nothing is dialled that no money is held for."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.asterisk_fixtures import ACCESS_NUMBER, wait_for
from tests.telephony.tiny_agi_server import dial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.asterisk_fixtures import Plant
    from tests.telephony.tiny_agi_server import TinyAgiServer

pytestmark = pytest.mark.asterisk

SECONDS_MAX = 30
ECHOED = ("via", "from", "to", "call-id", "cseq")


class Carrier:
    """A carrier on the port where none is: well when it is asked, and sending every call to `target`."""

    def __init__(self, port: int, target: str) -> None:
        self.target = target
        self.invites = 0
        self._line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._line.bind(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._line.sendto(b"", self._line.getsockname())
        self._thread.join()
        self._line.close()

    def _serve(self) -> None:
        while True:
            text, sender = self._line.recvfrom(65_535)
            if not text:
                return
            method, *_ = text.decode().split(" ", 1)
            if method == "OPTIONS":
                self._line.sendto(reply(text.decode(), "200 OK"), sender)
            elif method == "INVITE":
                self.invites += 1
                moved = reply(text.decode(), "302 Moved Temporarily", f"Contact: <{self.target}>")
                self._line.sendto(moved, sender)


def reply(request: str, status: str, *more: str) -> bytes:
    lines = request.split("\r\n\r\n", maxsplit=1)[0].split("\r\n")[1:]
    echoed = [line for line in lines if line.partition(":")[0].lower() in ECHOED]
    tagged = [
        f"{line};tag=moved" if line.lower().startswith("to:") and ";tag=" not in line else line for line in echoed
    ]
    return "\r\n".join((f"SIP/2.0 {status}", *tagged, *more, "Content-Length: 0", "", "")).encode()


@contextmanager
def hostile_carrier(plant: Plant, target: str) -> Iterator[Carrier]:
    carriers = (plant.platform.instance.etc / "pjsip_carriers.conf").read_text()
    (port,) = re.findall(r"contact = sip:127\.0\.0\.1:([0-9]+)\n", carriers)
    carrier = Carrier(int(port), target)
    try:
        plant.platform.console("pjsip qualify demo.dead")
        wait_for(lambda: "Avail" in contact_line(plant), SECONDS_MAX)
        yield carrier
    finally:
        carrier.close()


def contact_line(plant: Plant) -> str:
    lines = plant.platform.console("pjsip show contacts").splitlines()
    return next((line for line in lines if "demo.dead/" in line), "")


@pytest.mark.parametrize(
    "target", [f"sip:{ACCESS_NUMBER}@127.0.0.1", "sip:s@127.0.0.1", "sip:99990000@127.0.0.3", "tel:+442079460000"]
)
def test_a_carrier_that_sends_a_call_elsewhere_has_refused_it(plant: Plant, server: TinyAgiServer, target: str) -> None:
    """F22, F32: no access number of ours and no other carrier is reached by it; the next route is dialled."""
    server.rounds = [dial("9999000010", "demo.dead", "demo.second")]
    with hostile_carrier(plant, target) as carrier, plant.phone.call(ACCESS_NUMBER) as call:
        assert call.wait_for_end(SECONDS_MAX) is not None
    plant.wait_until_idle()
    (settled,) = server.settled.values()
    assert carrier.invites == 1
    assert [one.route for one in settled.tried] == ["demo.dead", "demo.second"]
    assert 900 < settled.talk_ms < 2_000
    assert len(server.requests) == 2
