"""A softphone registers by name and password; without them nobody is let in."""

from __future__ import annotations

import hashlib
import re
import socket
import uuid
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.asterisk_fixtures import Plant

pytestmark = pytest.mark.asterisk


def register(plant: Plant, name: str, secret: str) -> int:
    """Send REGISTER, answer the challenge, and return the final status."""
    instance = plant.platform.instance
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(5)
        line.connect((instance.sip_host, instance.sip_port))
        domain, here = f"{instance.sip_host}:{instance.sip_port}", "{}:{}".format(*line.getsockname())
        tag, call_id = uuid.uuid4().hex, uuid.uuid4().hex

        def send(number: int, authorization: str) -> str:
            head = [
                f"REGISTER sip:{domain} SIP/2.0",
                f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{uuid.uuid4().hex}",
                f"From: <sip:{name}@{domain}>;tag={tag}",
                f"To: <sip:{name}@{domain}>",
                f"Call-ID: {call_id}",
                f"CSeq: {number} REGISTER",
                f"Contact: <sip:{name}@{here}>",
                "Max-Forwards: 70",
                "Expires: 60",
                *([authorization] if authorization else []),
                "Content-Length: 0",
            ]
            line.send(("\r\n".join(head) + "\r\n\r\n").encode())
            return line.recv(65_536).decode()

        challenge = send(1, "")
        if status(challenge) != 401:
            return status(challenge)
        values = dict(re.findall(r'(realm|nonce|opaque)="([^"]*)"', challenge))
        answer = digest(name, secret, f"sip:{domain}", values)
        return status(send(2, answer))


def status(response: str) -> int:
    return int(response.split(" ")[1])


def digest(name: str, secret: str, uri: str, challenge: dict[str, str]) -> str:
    """RFC 2617 with qop=auth."""
    count, once = "00000001", uuid.uuid4().hex
    who, what = md5(f"{name}:{challenge['realm']}:{secret}"), md5(f"REGISTER:{uri}")
    response = md5(f"{who}:{challenge['nonce']}:{count}:{once}:auth:{what}")
    return (
        f'Authorization: Digest username="{name}", realm="{challenge["realm"]}", nonce="{challenge["nonce"]}", '
        f'uri="{uri}", response="{response}", algorithm=MD5, cnonce="{once}", qop=auth, nc={count}, '
        f'opaque="{challenge.get("opaque", "")}"'
    )


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def test_the_softphone_registers_with_its_password(plant: Plant) -> None:
    assert register(plant, "softphone", plant.platform.instance.secrets["softphone"]) == 200
    assert "softphone/sip:softphone@" in plant.platform.console("pjsip show contacts")


@pytest.mark.parametrize("name", ["softphone", "demo.second", "access", "nobody"])
def test_without_the_password_nobody_registers(plant: Plant, name: str) -> None:
    assert register(plant, name, "wrong") in {401, 403, 404}
