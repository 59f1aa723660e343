"""Only what was talked is charged: not the conversation with us, not the ringing (M-26; asterisk.md 7)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from caller import ASK_NUMBER, ASK_PIN, Caller, dialling
from clocks import carriers_ms, our_ms
from house import SHORT_PIN, House

if TYPE_CHECKING:
    from conftest import Told

pytestmark = pytest.mark.asterisk

IVR_SECONDS = 5
OURS_MS_MAX, CARRIERS_MS_MAX = 60, 500
MICROS_A_SECOND = 1_000  # test numbers cost 0.06 a minute by the second


def story_the_callee_hangs_up_first(house: House) -> Caller:
    card = house.card(SHORT_PIN)
    begun = time.monotonic()
    with dialling(house, SHORT_PIN) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.is_asked(ASK_NUMBER)
        time.sleep(max(0.0, begun + IVR_SECONDS - time.monotonic()))  # this caller thinks
        caller.phone.press("9999010020#")
        caller.talks()
        caller.is_asked(ASK_NUMBER)
    return caller


def story_the_caller_hangs_up_first(house: House) -> Caller:
    card = house.card(SHORT_PIN)
    with dialling(house, SHORT_PIN) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.answers(ASK_NUMBER, "9999010000#")
        caller.talks()
        time.sleep(2.5)  # this caller talks
    return caller


def test_five_seconds_with_us_and_one_of_ringing_cost_nothing(told: Told, house: House) -> None:
    """M-26: 2.0 s of talk are 2 s and 0.002."""
    record = told(story_the_callee_hangs_up_first).record()
    assert abs(record.talk_ms - 2_000) < CARRIERS_MS_MAX
    assert (record.talk_seconds, record.billed_seconds, record.cost_micros) == (2, 2, 2 * MICROS_A_SECOND)
    assert (record.settled_by, record.dial_status) == ("inline", "ANSWER")
    assert house.charged(record.call_id) == {"call": 2 * MICROS_A_SECOND}


def test_a_caller_who_hangs_up_pays_to_that_moment(told: Told, house: House) -> None:
    """M-26, design 3.4: the hangup handler settles."""
    record = told(story_the_caller_hangs_up_first).record()
    assert (record.settled_by, record.talk_seconds) == ("handler", record.talk_ms // 1000)
    assert house.charged(record.call_id) == {"call": record.talk_seconds * MICROS_A_SECOND}
    assert record.talk_seconds in {2, 3}


@pytest.mark.parametrize("story", [story_the_callee_hangs_up_first, story_the_caller_hangs_up_first])
def test_our_stamps_agree_with_our_event_log_and_with_the_carriers(told: Told, house: House, story: object) -> None:
    """asterisk.md 7."""
    record = told(story).record()
    house.plant.wait_until_idle()
    assert abs(record.talk_ms - our_ms(house.plant, record.call_id)) < OURS_MS_MAX
    assert abs(record.talk_ms - carriers_ms(house.plant, "demo.second", record.answered_at)) < CARRIERS_MS_MAX
