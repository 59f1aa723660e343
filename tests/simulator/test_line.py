"""A call in a process of its own: keys by a pipe, events by a file, one call a folder, and no PIN in any of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from agi_server import Desk, offer, serving

from simulator.wire_tap import Exchange, WireTap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS_MAX = 30
PIN = "501306816284"


class Caller:
    """Starts `simulator.line` as the console does, and follows its events."""

    def __init__(self, folder: Path, address: tuple[str, int]) -> None:
        self.folder, self.address = folder, address

    def start(self, access_number: str = "15550001", carriers: str = "answer:65") -> subprocess.CompletedProcess[str]:
        host, port = self.address
        order = {"host": host, "port": port, "access_number": access_number, "caller_id": "", "language": "en"}
        order |= {"carriers": carriers, "prompts": str(self.folder / "none")}
        return subprocess.run(
            [sys.executable, "-m", "simulator.line", str(self.folder)],
            input=json.dumps(order), capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
        )  # fmt: skip

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "events").read_text().splitlines()]

    def wait_for(self, is_there: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        until = time.monotonic() + SECONDS_MAX
        while not is_there(events := self.events()):
            assert time.monotonic() < until, events[-5:]
            time.sleep(0.02)
        return events

    def answer(self, question: int, keys: str) -> None:
        self.wait_for(lambda events: [event["kind"] for event in events].count("asks") >= question)
        pipe = os.open(self.folder / "keys", os.O_WRONLY | os.O_NONBLOCK)
        os.write(pipe, keys.encode())
        os.close(pipe)

    def end(self) -> list[dict[str, Any]]:
        return self.wait_for(lambda events: events[-1]["kind"] == "over")


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    desk = Desk(offers=[offer()])
    with serving(desk.card_call, desk.settle) as address:
        yield Caller(tmp_path / "line", address)


def test_a_call_is_made_by_keys_and_told_by_events_without_the_pin(caller: Caller) -> None:
    assert caller.start().returncode == 0
    caller.answer(1, "1005668240#")
    caller.answer(2, PIN)
    caller.answer(3, "37061234567#")
    events = caller.end()
    kinds = [event["kind"] for event in events]
    assert [event["keys"] for event in events if event["kind"] == "keyed"] == ["1005668240", "****", "37061234567#"]
    (dialled,) = [event for event in events if event["kind"] == "dialled"]
    assert (dialled["status"], dialled["talk_ms"], dialled["ended_by"]) == ("ANSWER", 65_000, "far side")
    assert kinds.index("dialled") < kinds.index("settled")
    assert "agi" in kinds
    assert PIN not in (caller.folder / "events").read_text()


def test_a_pin_that_is_keyed_again_elsewhere_is_masked_there_too(caller: Caller) -> None:
    caller.start()
    caller.answer(1, "1005668240#")
    caller.answer(2, PIN)
    caller.answer(3, f"{PIN}#h")
    caller.end()
    assert PIN not in (caller.folder / "events").read_text()


def test_one_call_at_a_time_and_the_next_when_it_is_over(caller: Caller) -> None:
    assert caller.start().returncode == 0
    assert caller.start().returncode == 3
    caller.answer(1, "h")
    assert caller.end()[-2] == {"kind": "ended", "end": "hung_up"}
    until = time.monotonic() + SECONDS_MAX  # the last event is written a moment before the line is free
    while caller.start().returncode == 3:
        assert time.monotonic() < until
    caller.answer(1, "h")
    caller.end()


@pytest.mark.parametrize(("number", "carriers"), [("12", "answer"), ("15550001", "perhaps")])
def test_what_cannot_be_dialled_is_refused_in_a_sentence(caller: Caller, number: str, carriers: str) -> None:
    refused = caller.start(number, carriers)
    assert refused.returncode == 1
    assert "is no " in refused.stderr
    assert not caller.folder.exists()


def test_a_server_that_is_away_is_told(tmp_path: Path) -> None:
    caller = Caller(tmp_path / "line", ("127.0.0.1", 9))
    caller.start()
    assert caller.end()[-1] == {"kind": "over", "server_was_away": True}


def test_the_transcript_masks_keys_of_no_store_only() -> None:
    told: list[Exchange] = []
    tap = WireTap(told.append)
    tap.passed('GET DATA "enter-pin" 10000 12', "200 result=50130681 (timeout)", was_stored=False)
    tap.passed('GET DATA "enter-card-number" 10000 1', "200 result=1", was_stored=True)
    tap.passed("GET VARIABLE CARD_KEYS", "200 result=1 (50130681)", was_stored=True)
    tap.passed('STREAM FILE "welcome" "0123456789*#"', "200 result=0 endpos=8000", was_stored=False)
    assert [exchange.reply for exchange in told] == [
        "200 result=**** (timeout)", "200 result=1", "200 result=1 (****)", "200 result=0 endpos=8000"
    ]  # fmt: skip
