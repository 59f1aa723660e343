"""The terminal phone against the real call server with the demo's data: the first call that a newcomer makes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from command_line.calls import calls
from command_line.dial import dial
from command_line.init import init
from command_line.verify import verify
from services.demo.demo_data import ACCESS_NUMBER_AND_PIN, ACCESS_PIN_ONLY, ACCESS_SPANISH
from simulator.report import CallReport

DESTINATION = "37061234567#"
START_SECONDS_MAX = 15.0


@dataclass(frozen=True)
class Installation:
    environment: dict[str, str]
    cards: list[dict[str, str]]

    def dials(self, access_number: str, keys: str, carrier: str = "404", caller: str = "") -> CallReport:
        arguments = [access_number, "--from", caller, "--script", "-", "--carrier", carrier, "--fast", "--json"]
        result = CliRunner(env=self.environment).invoke(dial, arguments, input=keys)
        assert result.exit_code == 0, result.output
        report: CallReport = json.loads(result.stdout)
        return report

    def card(self, place: int, *, pin_only: bool = False) -> dict[str, str]:
        return [card for card in self.cards if card["pin_only"] == pin_only][place]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("installation")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"CALLINGCARD_STATE_DIR": str(folder / "state"), "CALLINGCARD_FASTAGI_PORT": str(port)}
    environment |= {"CALLINGCARD_DATABASE_URL": ""}
    made = CliRunner(env=environment).invoke(init, ["--demo", "--json"])
    assert made.exit_code == 0, made.output
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "fastagi"], env=os.environ | environment, stdout=log, stderr=log
        )
    try:
        _wait_for(port, folder / "log", server)
        yield Installation(environment, json.loads(made.stdout)["cards"])
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def _wait_for(port: int, log: Path, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"the call server did not start: {log.read_text()}")


def said(report: CallReport) -> str:
    return " ".join(prompt["text"] for prompt in report["heard"])


def test_a_first_call_fails_over_and_is_charged_by_the_second(installation: Installation) -> None:
    card = installation.card(0)
    report = installation.dials(
        ACCESS_NUMBER_AND_PIN, f"{card['keys']}#{card['pin']}{DESTINATION}", "503,answer:65", "+37060000001"
    )
    assert report["pressed"] == [card["keys"], "****", DESTINATION]
    assert [(route["outcome"], route["dial_status"]) for route in report["routes"]] == [
        ("503", "CONGESTION"), ("answer:65", "ANSWER")
    ]  # fmt: skip
    assert report["talk_seconds"] == 65
    assert report["announced_seconds"] == report["limit_seconds"]
    assert report["calls"][0]["settled"]
    (call,) = json.loads(CliRunner(env=installation.environment).invoke(calls, ["list", "--json"]).stdout)[:1]
    assert call["is_test"], "marked by its channel: no report counts it"
    assert "You have one hour and ten minutes for this call." in said(report)
    assert report["end"] == "goodbye"
    assert report["heard"][-1]["id"] == "goodbye"


def test_three_wrong_pins_end_the_call(installation: Installation) -> None:
    """M-21: three tries."""
    card = installation.card(1)
    report = installation.dials(ACCESS_NUMBER_AND_PIN, f"{card['keys']}#111111111111" * 3)
    assert [prompt["id"] for prompt in report["heard"]].count("enter-pin") == 3
    assert report["heard"][-1]["id"] == "goodbye"
    assert report["calls"] == []


def test_a_caller_who_hangs_up_is_charged_what_was_talked(installation: Installation) -> None:
    card = installation.card(2)
    report = installation.dials(ACCESS_NUMBER_AND_PIN, f"{card['keys']}#{card['pin']}{DESTINATION}", "answer:7.hangup")
    assert (report["end"], report["talk_seconds"], report["calls"][0]["settled"]) == ("hung_up", 7, True)


def test_a_known_phone_is_not_asked_and_speaks_spanish_where_it_calls_so(installation: Installation) -> None:
    card = installation.card(0, pin_only=True)
    first = installation.dials(ACCESS_PIN_ONLY, f"{card['pin']}{DESTINATION}", "busy", "+37060000002")
    assert "****" in first["pressed"]
    again = installation.dials(ACCESS_PIN_ONLY, DESTINATION, "busy", "+37060000002")
    assert again["pressed"] == [DESTINATION]
    assert "bienvenida" in said(installation.dials(ACCESS_SPANISH, "h"))


def test_the_ledger_verifies_after_all_of_it(installation: Installation) -> None:
    assert CliRunner(env=installation.environment).invoke(verify, []).exit_code == 0
