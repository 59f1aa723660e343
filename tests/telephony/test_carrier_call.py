"""A test call over one carrier, on two real Asterisks: dialled there and nowhere else, and how it ended is told."""

from __future__ import annotations

import pytest

from telephony.carrier_call import CarrierCall, CarrierCallEnd, begin, find_end
from tests.asterisk_fixtures import Plant, wait_for

pytestmark = pytest.mark.asterisk
ROUTE = "demo.second"
SECONDS_MAX = 40


def end_of(plant: Plant, call_id: str, call: CarrierCall) -> CarrierCallEnd:
    console, ends = plant.platform.console, list[CarrierCallEnd]()
    assert begin(console, call_id, call)

    def is_told() -> bool:
        ends.extend(filter(None, (find_end(console, call_id),)))
        return bool(ends)

    wait_for(is_told, SECONDS_MAX)
    assert "Value:" not in console(f"database get callingcard_test {call_id}"), "it is forgotten once it is told"
    return ends[0]


def test_an_answered_call_ends_by_itself_after_its_seconds(plant: Plant) -> None:
    ended = end_of(plant, "101", CarrierCall(ROUTE, "9999000000", 20, 1, "37060000001"))
    assert (ended.dial_status, ended.hangup_cause) == ("ANSWER", 16)
    assert ended.talk_ms is not None
    assert ended.talk_ms >= 900, "a second, by Asterisk's own clock"
    wait_for(lambda: "0 active channels" in plant.platform.console("core show channels"), SECONDS_MAX)


def test_a_refused_call_tells_dials_word_and_the_cause(plant: Plant) -> None:
    ended = end_of(plant, "102", CarrierCall(ROUTE, "9998017", 20, 1))
    assert (ended.dial_status, ended.hangup_cause, ended.talk_ms) == ("BUSY", 17, None)


def test_a_carrier_that_asterisk_does_not_know_is_not_dialled(plant: Plant) -> None:
    ended = end_of(plant, "103", CarrierCall("no.such", "9999000000", 20, 1))
    assert (ended.dial_status, ended.talk_ms) == ("CHANUNAVAIL", None)


@pytest.mark.parametrize(
    "wrong", [{"route": "a:b"}, {"number": "12&PIN"}, {"talk_seconds": 0}, {"caller_id": "1;2"}, {"ring_seconds": 0}]
)
def test_no_terms_reach_asterisk_that_its_dialplan_would_not_take(plant: Plant, wrong: dict[str, object]) -> None:
    usual: dict[str, object] = {"route": ROUTE, "number": "9999000000", "ring_seconds": 20, "talk_seconds": 1}
    with pytest.raises(ValueError, match="no test call"):
        begin(plant.platform.console, "104", CarrierCall(**{**usual, **wrong}))  # type: ignore[arg-type]
