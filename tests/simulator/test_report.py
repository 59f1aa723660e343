"""The report of a call: its shape, the masked PIN, and the time that was announced."""

import json

import pytest
from agi_server import Desk, offer, serving

from ivr_prompts.compose import spoken_duration
from ivr_prompts.language import languages, load_language
from simulator.announced import announced_seconds
from simulator.asterisk import CallFrom, place_call
from simulator.carriers import parse_outcomes
from simulator.handset import ScriptedHandset
from simulator.key_script import parse_key_script
from simulator.report import CallReport, call_report

PIN = "296039755336"


def report(carrier: str, keys: str = f"1005668240#{PIN}370612345678#", *offers: dict[str, str]) -> CallReport:
    desk = Desk(list(offers or [offer()]))
    with serving(desk.card_call, desk.settle) as address:
        handset = ScriptedHandset(parse_key_script(keys), parse_outcomes(carrier))
        return call_report(place_call(address, CallFrom("18005550100"), handset))


def test_a_call_is_one_object() -> None:
    made = report("503,answer:65")
    assert list(made) == [
        "heard", "pressed", "routes", "limit_seconds", "announced_seconds", "talk_seconds", "calls", "end"
    ]  # fmt: skip
    assert made["heard"][:2] == [
        {"id": "welcome", "text": "Welcome."},
        {"id": "enter-card-number", "text": "Please enter your card number."},
    ]
    assert made["routes"][0] == {
        "route": "demo.cheap", "number": "37061234567", "outcome": "503", "dial_status": "CONGESTION", "cause": "34"
    }  # fmt: skip
    assert (made["limit_seconds"], made["announced_seconds"], made["talk_seconds"]) == (120, 120, 65)
    assert [(call["destination"], call["settled"], len(call["routes"])) for call in made["calls"]] == [
        ("0037061234567", True, 2)
    ]
    assert made["end"] == "goodbye"


def test_no_digit_of_a_pin_is_told() -> None:
    """A secret entry is GET DATA: masked whatever was pressed, also when it was pressed early or cut short."""
    assert report("404")["pressed"] == ["1005668240", "****", "370612345678#"]
    for keys in (f"1005668240#!{PIN}#", f"1005668240#{PIN[:5]},", f"1005668240#{PIN[:5]}h"):
        told = json.dumps(report("404", keys))
        assert "****" in told
        assert PIN[:3] not in told


def test_two_numbers_are_two_calls() -> None:
    made = report("answer:5##,answer:7", f"1005668240#{PIN}370612345678#441#", offer(), offer(dst="441:441"))
    assert [(call["destination"], call["talk_seconds"]) for call in made["calls"]] == [("37061234567", 5), ("441", 7)]
    assert made["talk_seconds"] == 5


def test_a_call_without_a_dial_has_no_seconds() -> None:
    made = report("404", "h")
    assert (made["limit_seconds"], made["announced_seconds"], made["talk_seconds"]) == (None, None, None)
    assert (made["calls"], made["end"]) == ([], "hung_up")


@pytest.mark.parametrize("language_code", languages())
@pytest.mark.parametrize("seconds", [1, 59, 60, 61, 600, 3_600, 3_660, 4_200, 7_325, 86_399])
def test_an_announced_time_is_read_back(language_code: str, seconds: int) -> None:
    language = load_language(language_code)
    said = ["please-wait", "you-have", *spoken_duration(language, seconds, say_seconds=True), "for-this-call"]
    assert announced_seconds(said, language_code) == seconds
    in_minutes = ["you-have", *spoken_duration(language, seconds, say_seconds=False, say_hours=False), "for-this-call"]
    assert announced_seconds(in_minutes, language_code) == seconds // 60 * 60


@pytest.mark.parametrize("said", [[], ["you-have"], ["for-this-call"], ["you-have", "number-2", "for-this-call"]])
def test_a_time_that_was_not_said_is_none(said: list[str]) -> None:
    assert announced_seconds(said, "en") is None
    assert announced_seconds(said, "xx") is None
