"""What each carrier is shown and when the server is asked for a line, on two real Asterisks."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from telephony.handover import Turn
from tests.asterisk_fixtures import ACCESS_NUMBER, Plant
from tests.telephony.test_dialplan_calls import only, run_call
from tests.telephony.tiny_agi_server import Session, TinyAgiServer, dial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.asterisk

CALLER, FIXED = "15551834745", "15559990001"
NUMBER = "9999000005"


@contextmanager
def captured(plant: Plant, file: Path) -> Iterator[Path]:
    """Every packet of SIP that reaches the carriers' Asterisk, in a file that is whole behind the block."""
    console = plant.carrier.console
    for command in ("module load res_pjsip_logger.so", "pjsip set logger on", "pjsip set logger verbose off"):
        console(command)
    console(f"pjsip set logger pcap {file}")
    try:
        yield file
    finally:
        console(f"pjsip set logger pcap {file}.end")
        console("pjsip set logger off")


def callers_shown(file: Path) -> list[tuple[str, str, str]]:
    """The user of From, Privacy, and the user of P-Asserted-Identity in each call that a carrier got."""
    packets = file.read_bytes().decode("latin-1")
    invites = re.findall(rf"INVITE sip:{NUMBER}@.*?\r\n\r\n", packets, re.DOTALL)
    return [
        (user(invite, "From"), header(invite, "Privacy"), user(invite, "P-Asserted-Identity")) for invite in invites
    ]


def header(invite: str, name: str) -> str:
    found = re.search(rf"^{name}: (.*?)\r$", invite, re.MULTILINE)
    return found[1] if found else ""


def user(invite: str, name: str) -> str:
    found = re.search(r"sip:([^@>]*)@", header(invite, name))
    return found[1] if found else ""


def test_each_route_shows_its_own_caller_id_and_the_next_one_again_the_callers(
    plant: Plant, server: TinyAgiServer, tmp_path: Path
) -> None:
    """V-35; asterisk.md 8.5. The pools choose in the server: to the dialplan they are fixed numbers."""
    shown = f"{FIXED}:withheld:passed"
    server.rounds = [dial(NUMBER, "demo.cheap", "demo.cheap", "demo.second", SHOWN=shown)]
    server.rounds += [dial(NUMBER, "demo.second", SHOWN=one) for one in ("withheld", FIXED, "passed")]
    with captured(plant, tmp_path / "sip.pcap") as file, plant.phone.call(ACCESS_NUMBER, caller_id=CALLER) as call:
        assert call.wait_for_end(30) is not None
        plant.wait_until_idle()
    fixed, passed = (FIXED, "", FIXED), (CALLER, "", CALLER)
    found = callers_shown(file)
    assert [one[:2] for one in found if one[1]] == [("anonymous", "id")] * 2
    assert [one for one in found if not one[1]] == [fixed, passed, fixed, passed]
    assert {head["agi_callerid"] for head in server.heads} == {CALLER}


@pytest.mark.parametrize("shown", ["15551834745)", "anonymous", "1&2", "12"])
def test_a_caller_id_that_fails_its_guard_is_not_dialled(plant: Plant, server: TinyAgiServer, shown: str) -> None:
    server.rounds = [dial(NUMBER, "demo.second", SHOWN=shown)]
    run_call(plant)
    assert only(server).tried == ()


def test_a_route_without_a_line_is_skipped(plant: Plant, server: TinyAgiServer) -> None:
    server.turns = {"demo.second": Turn.SKIP, "demo.dear": Turn.DIAL}
    server.rounds = [dial(NUMBER, "demo.cheap", "demo.second", "demo.dear", CLAIM="0:1:1")]
    run_call(plant)
    assert server.asked == ["demo.second", "demo.dear"]
    tried = [(route.route, route.dial_status) for route in only(server).tried]
    assert tried == [("demo.cheap", "CONGESTION"), ("demo.dear", "ANSWER")]


def test_where_no_lines_are_counted_the_server_is_not_asked(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial(NUMBER, "demo.cheap", "demo.second", CLAIM="0:0")]
    run_call(plant)
    assert server.asked == []
    assert only(server).dial_status == "ANSWER"


def test_a_server_that_is_away_in_mid_call_does_not_stop_the_next_route(plant: Plant, server: TinyAgiServer) -> None:
    def leave(session: Session, call_id: str) -> None:
        dial("9999010005", "demo.cheap", "demo.second", CLAIM="0:1")(session, call_id)
        server.turns = {}

    server.rounds = [leave]
    run_call(plant)
    assert server.asked == ["demo.second"]  # it was asked, and gave no answer
    assert only(server).dial_status == "ANSWER"
