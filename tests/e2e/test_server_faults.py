"""The call server dies, drains, or loses its database: no call is lost, free, or charged twice (F1 to F3, F5, F7)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from caller import ASK_CARD, ASK_NUMBER, ASK_PIN, Caller, dialling
from clocks import our_ms
from house import SHORT_PIN, House

from services.demo.demo_data import ACCESS_NUMBER_AND_PIN
from tests.asterisk_fixtures import cel_rows, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.asterisk

EXCUSE = "service-unavailable"
EXCUSE_SECONDS_MAX = 3.0
STAMPS_MS_MAX = 60  # of the dialplan and of the event log, on a busy machine
MICROS_A_SECOND = 1_000


def carriers_dialled(house: House) -> int:
    return len({row[2] for row in cel_rows(house.plant.platform) if row[2].startswith("PJSIP/demo.")})


@pytest.fixture
def before(house: House) -> Iterator[int]:
    """How many carriers' legs there were before this test."""
    house.plant.wait_until_idle()
    return carriers_dialled(house)


def excuse_seconds(caller: Caller, since_the_answer: float) -> float:
    """How long after the fault the excuse began."""
    return caller.heard_at(EXCUSE) - since_the_answer


def test_a_server_killed_in_mid_talk_costs_no_second(house: House) -> None:
    """F3, F12, F13: the call goes on, its settlement is spooled, and a restart books it exactly."""
    card = house.card(SHORT_PIN)
    with dialling(house, SHORT_PIN) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.answers(ASK_NUMBER, "9999000030#")
        call_id = caller.talks()
        house.kill_server()
        caller.waits_for_the_end()
    assert caller.is_heard(EXCUSE)
    assert [file.name for file in house.spooled()] == [f"{call_id}.txt"]
    assert house.open_holds(card) == 1
    house.start_server()
    record = house.record(call_id)
    assert (record.settled_by, record.talk_seconds, record.cost_micros) == ("spool", 3, 3 * MICROS_A_SECOND)
    assert abs(record.talk_ms - our_ms(house.plant, call_id)) < 60
    assert house.charged(call_id) == {"call": 3 * MICROS_A_SECOND}
    assert house.balance_micros(card) == 5_000_000 - 3 * MICROS_A_SECOND


def test_a_server_killed_in_the_conversation_is_excused_within_three_seconds(house: House, before: int) -> None:
    """F1."""
    with dialling(house, SHORT_PIN) as caller:
        begun = time.monotonic()
        caller.is_asked(ASK_PIN)
        house.kill_server()
        killed_after = time.monotonic() - begun
        caller.waits_for_the_end()
    assert excuse_seconds(caller, killed_after) < EXCUSE_SECONDS_MAX
    assert carriers_dialled(house) == before


def test_a_server_killed_in_an_open_question_is_excused_within_three_seconds(house: House) -> None:
    """F1, where the card number is asked after the welcome."""
    with dialling(house, ACCESS_NUMBER_AND_PIN) as caller:
        begun = time.monotonic()
        caller.is_asked(ASK_CARD)
        house.kill_server()
        killed_after = time.monotonic() - begun
        caller.waits_for_the_end()
    assert excuse_seconds(caller, killed_after) < EXCUSE_SECONDS_MAX


def test_a_server_killed_after_the_hold_leaves_it_to_the_handler(house: House) -> None:
    """F2: nothing was dialled, so nothing is charged; the announcement that was being spoken is cut off."""
    card = house.card(SHORT_PIN)
    with dialling(house, SHORT_PIN) as caller:
        begun = time.monotonic()
        caller.answers(ASK_PIN, card.pin)
        caller.answers(ASK_NUMBER, "9999000030#")
        caller.comes_to("played")  # the time is told: the hold is placed, and the hand-over is not
        house.kill_server()
        killed_after = time.monotonic() - begun
        caller.waits_for_the_end()
    assert excuse_seconds(caller, killed_after) < EXCUSE_SECONDS_MAX
    house.start_server()
    record = caller.record()
    assert (record.cost_micros, record.dial_status, record.settled_by) == (0, "", "spool")
    assert house.balance_micros(card) == 5_000_000


def test_a_database_that_does_not_answer_is_excused_and_nothing_is_dialled(house: House, before: int) -> None:
    """F7, on SQLite: another process holds the only writer's place."""
    card = house.card(SHORT_PIN)
    with dialling(house, SHORT_PIN) as caller:
        begun = time.monotonic()
        caller.is_asked(ASK_PIN)
        with house.look() as session:
            session.connection()  # it begins as a writer does
            caller.phone.press(card.pin)
            keyed_after = time.monotonic() - begun
            caller.waits_for_the_end()
    assert excuse_seconds(caller, keyed_after) < EXCUSE_SECONDS_MAX
    assert carriers_dialled(house) == before
    assert house.calls_of(card) == []


def test_a_server_that_is_told_to_stop_lets_its_callers_finish(house: House) -> None:
    """F5: no new call; the one that talks is settled by the next server."""
    card = house.card(SHORT_PIN)
    server = house.server
    assert server is not None
    with dialling(house, SHORT_PIN) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.is_asked(ASK_NUMBER)
        server.process.terminate()
        wait_for(lambda: "fastagi stopping" in house.server_log.read_text()[-2_000:], 5)
        with dialling(house, SHORT_PIN, is_alone=True) as other:
            other.waits_for_the_end()
        caller.phone.press("9999000000#")
        call_id = caller.talks()
        assert server.process.wait(10) == 0
        house.server = None
        house.start_server()
        caller.phone.press("##")  # the next server is up, however long that took
        caller.is_asked(ASK_NUMBER)
    assert other.is_heard(EXCUSE)
    record = house.record(call_id)
    assert record.settled_by == "inline"
    assert abs(record.talk_ms - our_ms(house.plant, call_id)) < STAMPS_MS_MAX
    assert record.talk_seconds == record.talk_ms // 1000 > 0
