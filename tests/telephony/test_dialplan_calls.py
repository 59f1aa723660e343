"""What the dialplan dials and settles, on two real Asterisks: each call is settled once with exact times."""

from __future__ import annotations

import time

import pytest

from telephony.handover import SettleArguments, SettlePlace, TriedRoute
from tests.asterisk_fixtures import ACCESS_NUMBER, Plant, cel_rows, wait_for
from tests.telephony.tiny_agi_server import TinyAgiServer, dial

pytestmark = pytest.mark.asterisk

AGREEMENT_MS = 60  # our stamps against our CEL: one machine


def run_call(plant: Plant, seconds: float = 20) -> None:
    """Place a call and listen until the platform ends it."""
    with plant.phone.call(ACCESS_NUMBER) as call:
        assert call.wait_for_end(seconds) is not None
    plant.wait_until_idle()


def only(server: TinyAgiServer) -> SettleArguments:
    (settle,) = server.settled.values()
    assert server.settle_requests == 1
    return settle


def leg_ms(plant: Plant, call_id: str) -> list[int]:
    """ANSWER to HANGUP of the carrier's legs of a call, from our CEL."""
    rows = cel_rows(plant.platform)
    legs = {row[2] for row in rows if row[5] == call_id and row[6] == "AppDial"}
    return talk_ms([row for row in rows if row[2] in legs])


def carrier_ms(plant: Plant, trunk: str) -> int:
    """What the carrier itself recorded of the last call it took."""
    return talk_ms([row for row in cel_rows(plant.carrier) if row[2].startswith(f"PJSIP/{trunk}-")])[-1]


def talk_ms(rows: list[list[str]]) -> list[int]:
    times: dict[str, dict[str, float]] = {}
    for event, at, channel, *_ in rows:
        times.setdefault(channel, {}).setdefault(event, float(at))
    return [round((seen["HANGUP"] - seen["ANSWER"]) * 1000) for seen in times.values() if "ANSWER" in seen]


def wait_until_talking(plant: Plant) -> None:
    wait_for(lambda: any(line.startswith("PJSIP/demo.") and "!Up!" in line for line in plant.channel_lines()), 10)


def test_the_carrier_hangs_up_first_and_three_records_agree(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("9999010020", "demo.second")]
    run_call(plant)
    settle = only(server)
    assert (settle.place, settle.route, settle.dial_status) == (SettlePlace.INLINE, "demo.second", "ANSWER")
    assert settle.tried == (TriedRoute("demo.second", "ANSWER", "16"),)
    (ours,) = leg_ms(plant, settle.call_id)
    assert abs(settle.talk_ms - ours) < AGREEMENT_MS
    assert abs(settle.talk_ms - carrier_ms(plant, "demo.second")) < 5 * AGREEMENT_MS
    assert abs(settle.talk_ms - 2000) < 5 * AGREEMENT_MS
    assert server.requests == [["1", "", ACCESS_NUMBER], ["2", settle.call_id, ACCESS_NUMBER]]


def test_the_caller_hangs_up_first_and_the_handler_settles_once(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("9999000000", "demo.second")]
    with plant.phone.call(ACCESS_NUMBER):
        wait_until_talking(plant)
        time.sleep(1)
    plant.wait_until_idle()
    settle = only(server)
    assert (settle.place, settle.dial_status) == (SettlePlace.HANDLER, "ANSWER")
    assert [tried.route for tried in settle.tried] == ["demo.second"]
    (ours,) = leg_ms(plant, settle.call_id)
    assert abs(settle.talk_ms - ours) < AGREEMENT_MS


def test_the_caller_gives_up_while_it_rings(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("9999200000", "demo.second")]
    with plant.phone.call(ACCESS_NUMBER) as call:
        wait_for(lambda: plant.channels() == 2, 10)
        time.sleep(0.5)
        assert not call.has_ended
    plant.wait_until_idle()
    settle = only(server)
    assert (settle.place, settle.dial_status, settle.talk_ms) == (SettlePlace.HANDLER, "CANCEL", 0)


def test_a_refusing_carrier_is_followed_by_the_next(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("9999000005", "demo.cheap", "demo.second", "demo.dear")]
    run_call(plant)
    tried = [(route.route, route.dial_status) for route in only(server).tried]
    assert tried == [("demo.cheap", "CONGESTION"), ("demo.second", "ANSWER")]


def test_a_dead_carrier_is_passed_at_once(plant: Plant, server: TinyAgiServer) -> None:
    wait_for(lambda: "Unavail" in plant.platform.console("pjsip show aor demo.dead"), 10)
    server.rounds = [dial("9999000005", "demo.dead", "demo.nowhere", "demo.dear")]
    begun = time.monotonic()
    run_call(plant)
    assert time.monotonic() - begun < 5
    tried = [(route.route, route.dial_status) for route in only(server).tried]
    assert tried == [("demo.dead", "CHANUNAVAIL"), ("demo.nowhere", "CHANUNAVAIL"), ("demo.dear", "ANSWER")]


def test_busy_is_the_end_of_the_search(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("9998017", "demo.second", "demo.dear")]
    run_call(plant)
    assert only(server).tried == (TriedRoute("demo.second", "BUSY", "17"),)


def test_when_every_route_fails_the_call_is_settled_and_the_caller_is_asked_again(
    plant: Plant, server: TinyAgiServer
) -> None:
    server.rounds = [dial("9999000005", "demo.cheap", "demo.cheap", "demo.cheap")]
    run_call(plant)
    settle = only(server)
    assert len(settle.tried) == 3
    assert settle.talk_ms == 0
    assert len(server.requests) == 2


def test_ringing_on_a_failed_route_does_not_judge_the_next(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("9995010", "demo.second", "demo.dead", "demo.dear", numbers="999501:9999000005:9999000005")]
    run_call(plant)
    tried = [(route.route, route.dial_status) for route in only(server).tried]
    assert tried[0] == ("demo.second", "CONGESTION")
    assert tried[-1] == ("demo.dear", "ANSWER")


def test_each_route_has_its_own_number_and_ring_time(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("", "demo.cheap", "demo.second", numbers="123456:9999300000", ring="9:2")]
    run_call(plant)
    settle = only(server)
    assert (settle.dial_status, settle.tried[-1].route) == ("NOANSWER", "demo.second")


def test_double_hash_ends_the_leg_and_asks_for_another_number(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("9999000000", "demo.second"), dial("9999000010", "demo.dear")]
    with plant.phone.call(ACCESS_NUMBER) as call:
        wait_until_talking(plant)
        time.sleep(0.5)
        assert call.press("##")
        assert call.wait_for_end(20) is not None
    plant.wait_until_idle()
    first, second = server.settled.values()
    assert [settle.place for settle in (first, second)] == [SettlePlace.INLINE, SettlePlace.INLINE]
    assert server.requests[1:] == [["2", first.call_id, ACCESS_NUMBER], ["3", second.call_id, ACCESS_NUMBER]]
    for settle in (first, second):
        (ours,) = leg_ms(plant, settle.call_id)
        assert abs(settle.talk_ms - ours) < AGREEMENT_MS


def test_the_limit_cuts_exactly(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("9999000000", "demo.second", limit="2000")]
    run_call(plant)
    settle = only(server)
    assert abs(settle.talk_ms - 2000) < AGREEMENT_MS
    assert settle.place is SettlePlace.INLINE
