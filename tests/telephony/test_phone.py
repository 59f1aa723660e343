"""The test phone's keys and caller ids arrive as they were meant, and numbers that are none are refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from telephony.handover import NextStep, Variable
from telephony.phone import CallNotPlaced
from tests.asterisk_fixtures import ACCESS_NUMBER, Plant, wait_for

if TYPE_CHECKING:
    from tests.telephony.tiny_agi_server import Session, TinyAgiServer

pytestmark = pytest.mark.asterisk


@pytest.mark.parametrize("keys", ["1234", "1122334455", "0000000000", "9*8", "999901000099990100009"])
def test_every_key_arrives_once(plant: Plant, server: TinyAgiServer, keys: str) -> None:
    replies: list[str] = []

    def ask(session: Session, _: str) -> None:
        replies.append(session.ask(f"GET DATA {plant.prompts}/welcome 5000 30"))
        session.set(Variable.NEXT, NextStep.END)

    server.rounds = [ask]
    with plant.phone.call(ACCESS_NUMBER) as call:
        wait_for(lambda: bool(server.heads), 5)
        time.sleep(0.2)
        assert call.press(f"{keys}#")
        assert call.wait_for_end(10) is not None
    assert replies == [f"200 result={keys}"]


@pytest.mark.parametrize(
    ("caller_id", "arrives"),
    [
        ("442012345678", "442012345678"),
        ("+442012345678", "+442012345678"),
        ('+44"evil"', '+44"evil"'),
        ("${SHELL(id)}", "${SHELL(id)}"),
        ("anonymous", "anonymous"),
        ("Zoë", "Zoë"),
        ("demo.cheap", "demo.cheap"),
        ("1,2", "1,2"),
        ("back\\slash", "back\\slash"),
        ("x" * 80, "x" * 79),
    ],
)
def test_a_caller_id_arrives_as_text(plant: Plant, server: TinyAgiServer, caller_id: str, arrives: str) -> None:
    with plant.phone.call(ACCESS_NUMBER, caller_id=caller_id) as call:
        assert call.wait_for_end(10) is not None
    assert server.heads[0]["agi_callerid"] == arrives


def test_a_caller_without_id_is_anonymous(plant: Plant, server: TinyAgiServer) -> None:
    with plant.phone.call(ACCESS_NUMBER, caller_id="") as call:
        assert call.wait_for_end(10) is not None
    assert server.heads[0]["agi_callerid"] == "anonymous"


def test_the_softphones_name_as_caller_id_asks_for_its_password(plant: Plant, server: TinyAgiServer) -> None:
    with pytest.raises(CallNotPlaced), plant.phone.call(ACCESS_NUMBER, caller_id="softphone"):
        pass
    assert server.heads == []


@pytest.mark.parametrize(
    ("dialled", "did"), [("555", "555"), ("+15550001", "15550001"), ("123456789012345", "123456789012345")]
)
def test_an_access_number_arrives_as_digits(plant: Plant, server: TinyAgiServer, dialled: str, did: str) -> None:
    with plant.phone.call(dialled) as call:
        assert call.wait_for_end(10) is not None
    assert server.requests[0] == ["1", "", did]


@pytest.mark.parametrize("dialled", ["55", "1234567890123456"])
def test_a_number_of_no_access_length_is_not_taken(plant: Plant, server: TinyAgiServer, dialled: str) -> None:
    with pytest.raises(CallNotPlaced), plant.phone.call(dialled):
        pass
    assert server.heads == []


def test_pressing_keys_on_a_dead_line_is_told(plant: Plant, server: TinyAgiServer) -> None:
    with plant.phone.call(ACCESS_NUMBER) as call:
        assert call.wait_for_end(10) is not None
        assert server.heads
        assert call.press("1") is False
