"""Asterisk registers with a carrier (V-38): right and wrong password, its state, and calls that come in over it."""

from __future__ import annotations

import re
import socket
import uuid
from typing import TYPE_CHECKING

import pytest

from telephony.apply_trunks import Target, apply_trunks
from telephony.phone import CallNotPlaced
from telephony.trunk_files import CARRIERS, render_trunk_files
from telephony.trunk_states import Registration, trunk_states
from telephony.trunks import Trunk, TrunkPlan
from tests.asterisk_fixtures import Plant, wait_for
from tests.carrier_lines import NUMBER_LOGIN, REGISTRAR, REGISTRAR_PASSWORD, WORD_LOGIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.telephony.tiny_agi_server import TinyAgiServer

    Register = Callable[[str, str], None]

pytestmark = pytest.mark.asterisk

NAME = "north.1"
SECONDS_MAX = 20


@pytest.fixture
def register(plant: Plant) -> Iterator[Register]:
    """`register(login, password)`: the platform registers so, by the files that `asterisk apply` writes."""
    etc = plant.platform.instance.etc
    before = {name: (etc / name).read_text() for name in render_trunk_files(TrunkPlan())}
    target = Target(etc, plant.platform.console)

    def register(login: str, password: str) -> None:
        port = plant.carrier.instance.sip_port
        plan = TrunkPlan((Trunk(NAME, REGISTRAR, port, login=login, secret=password, registers=True),))
        wanted = render_trunk_files(plan)
        apply_trunks(target, {**wanted, CARRIERS: before[CARRIERS] + wanted[CARRIERS]}, plan)

    yield register
    plant.wait_until_idle()
    apply_trunks(target, before, TrunkPlan())
    assert state(plant) is Registration.NONE


def state(plant: Plant) -> Registration:
    (one,) = trunk_states(plant.platform.console, [Trunk(NAME, REGISTRAR)])
    return one.registration


def contact(plant: Plant, login: str) -> str:
    """Where the registrar would send our calls."""
    stored = plant.carrier.console("database show registrar/contact")  # the other lists cut long addresses off
    found = re.search(rf'"uri":"(sip:{login}@[^"]+)"', stored)
    return found[1] if found else ""


def test_v_38_a_wrong_password_is_told_and_the_right_one_registers_at_once(plant: Plant, register: Register) -> None:
    """Not after the minutes that a refused registration waits."""
    register(WORD_LOGIN, "not-this-one")
    wait_for(lambda: state(plant) is Registration.FAILED, SECONDS_MAX)
    assert contact(plant, WORD_LOGIN) == ""
    register(WORD_LOGIN, REGISTRAR_PASSWORD)
    wait_for(lambda: state(plant) is Registration.REGISTERED, SECONDS_MAX)
    assert contact(plant, WORD_LOGIN).startswith(f"sip:{WORD_LOGIN}@127.0.0.1:")


@pytest.mark.parametrize("login", [NUMBER_LOGIN, WORD_LOGIN])
def test_v_38_a_call_for_an_access_number_comes_in_over_the_registration(
    plant: Plant, server: TinyAgiServer, register: Register, login: str
) -> None:
    register(login, REGISTRAR_PASSWORD)
    wait_for(lambda: state(plant) is Registration.REGISTERED, SECONDS_MAX)
    with plant.phone.call(NUMBER_LOGIN, line=login) as call:
        assert call.wait_for_end(SECONDS_MAX) is not None
    wait_for(lambda: bool(server.requests), SECONDS_MAX)
    plant.wait_until_idle()
    assert server.failures == [], log_of(plant)[-4_000:]
    (asked,) = server.requests
    assert asked[2] == NUMBER_LOGIN
    assert server.heads[0]["agi_channel"].startswith("PJSIP/registered-")


def test_a_call_to_our_address_without_the_token_of_the_registration_reaches_nothing(
    plant: Plant, server: TinyAgiServer, register: Register
) -> None:
    here = f"sip:{NUMBER_LOGIN}@127.0.0.1:{plant.platform.instance.sip_port}"
    register(WORD_LOGIN, REGISTRAR_PASSWORD)
    wait_for(lambda: state(plant) is Registration.REGISTERED, SECONDS_MAX)
    assert ";line=" in contact(plant, WORD_LOGIN)
    for uri in (here, f"{here};line=guessed"):
        with pytest.raises(CallNotPlaced), plant.phone.dial(f"PJSIP/{WORD_LOGIN}/{uri}"):
            pass
    assert server.requests == []


def test_a_carrier_that_calls_our_login_names_the_access_number_in_to(
    plant: Plant, server: TinyAgiServer, register: Register
) -> None:
    register(WORD_LOGIN, REGISTRAR_PASSWORD)
    wait_for(lambda: state(plant) is Registration.REGISTERED, SECONDS_MAX)
    invite(plant, contact(plant, WORD_LOGIN), to=f"+{NUMBER_LOGIN}")
    wait_for(lambda: bool(server.requests), SECONDS_MAX)
    invite(plant, contact(plant, WORD_LOGIN), to=WORD_LOGIN)
    wait_for(lambda: "names no access number" in log_of(plant), SECONDS_MAX)
    plant.wait_until_idle()
    assert [asked[2] for asked in server.requests] == [NUMBER_LOGIN]


def log_of(plant: Plant) -> str:
    return (plant.platform.instance.folder / "log" / "full").read_text(errors="replace")


def invite(plant: Plant, uri: str, *, to: str) -> None:
    """What a proxy sends that is no Asterisk: the number stands in To only."""
    offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind((REGISTRAR, 0))
        here = f"{REGISTRAR}:{line.getsockname()[1]}"
        key = uuid.uuid4().hex
        head = (
            f"INVITE {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{key}",
            "Max-Forwards: 70",
            f"From: <sip:37060000001@{here}>;tag={key}",
            f"To: <sip:{to}@example.net>",
            f"Call-ID: {key}",
            "CSeq: 1 INVITE",
            f"Contact: <sip:{here}>",
            "Content-Type: application/sdp",
            f"Content-Length: {len(offer)}",
        )
        line.sendto("\r\n".join((*head, "", offer)).encode(), ("127.0.0.1", plant.platform.instance.sip_port))
