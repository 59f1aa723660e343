"""callingcard dial, as a user runs it."""

import json
import socket
from collections.abc import Iterator

import pytest
from agi_server import Desk, offer, serving
from click.testing import CliRunner, Result

from command_line.dial import dial

KEYS = "1005668240#296039755336370612345678#"


@pytest.fixture
def desk() -> Desk:
    return Desk([offer()])


@pytest.fixture
def address(desk: Desk) -> Iterator[tuple[str, int]]:
    with serving(desk.card_call, desk.settle) as address:
        yield address


def run(address: tuple[str, int], *arguments: str, typed: str = "") -> Result:
    place = ["--host", address[0], "--port", str(address[1]), "--fast"]
    return CliRunner().invoke(dial, [*arguments, *place], input=typed)


def test_a_call_is_told_as_one_json_object(address: tuple[str, int]) -> None:
    result = run(
        address, "18005550100", "--from", "+37060000001", "--keys", KEYS, "--carrier", "503,answer:65", "--json"
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["limit_seconds"], told["announced_seconds"], told["talk_seconds"]) == (120, 120, 65)
    assert told["pressed"] == ["1005668240", "****", "370612345678#"]


def test_a_call_is_told_as_a_transcript(address: tuple[str, int]) -> None:
    result = run(address, "18005550100", "--script", "-", "--carrier", "busy", typed=KEYS)
    assert result.exit_code == 0
    assert "Welcome. Please enter your card number." in result.output
    assert "BUSY cause 17" in result.output
    assert "ended: goodbye" in result.output
    assert "2960" not in result.output


def test_a_person_presses_the_keys_and_plays_the_carriers(address: tuple[str, int], desk: Desk) -> None:
    typed = "1005668240#\nwhat\n296039755336\n370612345678#\nperhaps\nanswer:12\n"
    result = run(address, "18005550100", typed=typed)
    assert result.exit_code == 0, result.output
    assert desk.entries == ["1005668240", "296039755336", "370612345678"]
    assert "Keys are 0-9" in result.output
    assert "'perhaps' is no outcome" in result.output
    assert desk.settled[0].talk_ms == 12_000


def test_the_end_of_the_input_hangs_up(address: tuple[str, int], desk: Desk) -> None:
    result = run(address, "18005550100", typed="1005668240#\n")
    assert result.exit_code == 0, result.output
    assert "hangs up" in result.output
    assert desk.settled == []


def test_a_server_that_is_away_is_told_with_the_command_that_starts_it() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        result = run(nobody.getsockname(), "18005550100", "--keys", KEYS)
    assert result.exit_code == 1
    assert "No call server answers at 127.0.0.1:" in result.stderr
    assert "callingcard fastagi" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["12", "--keys", "1"], "is no access number"),
        (["18005550100", "--keys", "12x"], "Entry 1"),
        (["18005550100", "--keys", "1", "--carrier", "perhaps"], "is no outcome"),
        (["18005550100", "--keys", "1", "--script", "-"], "not both"),
        (["18005550100", "--json"], "--json needs"),
        (["18005550100", "--carrier", "503"], "--carrier needs"),
        (["18005550100", "--keys", "1", "--from", "1\n2"], "control character"),
        (["18005550100", "--keys", "1", "--lang", "../en"], "no code"),
        ([], "Missing argument"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_dialled(arguments: list[str], sentence: str) -> None:
    result = run(("127.0.0.1", 9), *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_the_help_warns_that_keys_can_be_seen() -> None:
    told = " ".join(CliRunner().invoke(dial, ["--help"]).output.split())
    assert "For demo cards and tests only: a process list shows them." in told
