"""The warning before the limit changes no bill: whoever hangs up while it plays, the call ends there and then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.asterisk_fixtures import ACCESS_NUMBER, Plant
from tests.telephony.test_dialplan_calls import AGREEMENT_MS, carrier_ms, leg_ms, only, run_call, wait_until_talking
from tests.telephony.test_dialplan_failures import hear
from tests.telephony.tiny_agi_server import TinyAgiServer, dial

if TYPE_CHECKING:
    from telephony.handover import SettleArguments

pytestmark = pytest.mark.asterisk

# The warning plays from 1.0 s to 1.8 s after the answer.
LIMIT = "9000:8000"
FOR_EVER = "9999000000"


def assert_billed(plant: Plant, settle: SettleArguments, expected_ms: int) -> None:
    (ours,) = leg_ms(plant, settle.call_id)
    assert abs(settle.talk_ms - ours) < AGREEMENT_MS
    assert abs(settle.talk_ms - carrier_ms(plant, "demo.second")) < 5 * AGREEMENT_MS
    assert abs(settle.talk_ms - expected_ms) < 8 * AGREEMENT_MS


def test_the_warning_is_heard_by_the_caller_before_the_limit(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial(FOR_EVER, "demo.second", limit="4000:3000:1600")]
    with plant.phone.call(ACCESS_NUMBER, recording="warned") as call:
        assert call.wait_for_end(15) is not None
    plant.wait_until_idle()
    assert_billed(plant, only(server), 4000)
    assert hear(plant, "warned", "call-ends-soon", "call-ends-soon") == [True, True]


def test_a_limit_reached_while_the_warning_plays_is_not_overrun(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial(FOR_EVER, "demo.second", limit="3000:1500:500")]
    run_call(plant)
    assert_billed(plant, only(server), 3000)


def test_the_caller_hangs_up_while_the_warning_plays(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial(FOR_EVER, "demo.second", limit=LIMIT)]
    with plant.phone.call(ACCESS_NUMBER):
        wait_until_talking(plant)
        time.sleep(1.3)
    plant.wait_until_idle()
    assert_billed(plant, only(server), 1350)


def test_the_carrier_hangs_up_while_the_warning_plays(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("9999000012", "demo.second", limit=LIMIT)]
    run_call(plant)
    assert_billed(plant, only(server), 1200)


def test_the_next_number_of_the_caller_is_billed_by_its_own_end(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [
        dial("9999000012", "demo.second", limit=LIMIT),
        dial("9999000005", "demo.second", limit=LIMIT),
        dial("9998017", "demo.second", limit=LIMIT),
    ]
    run_call(plant)
    first, second, refused = server.settled.values()
    assert abs(first.talk_ms - 1200) < 8 * AGREEMENT_MS
    assert abs(second.talk_ms - 500) < 8 * AGREEMENT_MS
    assert (refused.dial_status, refused.talk_ms) == ("BUSY", 0)
    for settle in (first, second):
        (ours,) = leg_ms(plant, settle.call_id)
        assert abs(settle.talk_ms - ours) < AGREEMENT_MS
