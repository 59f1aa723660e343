"""A card holder's calls on real Asterisk, from the first prompt to the last cent (M-6, M-7, M-19 to M-27)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from caller import ASK_CARD, ASK_NUMBER, ASK_PIN, Caller, dialling
from house import DEAD_ROUTE, SHORT_PIN, TWO_SECONDS, House
from sqlalchemy import select

from models import Account
from services.demo.demo_data import ACCESS_NUMBER_AND_PIN, ACCESS_SPANISH

if TYPE_CHECKING:
    from conftest import Told

pytestmark = pytest.mark.asterisk

FIVE = ("your-balance-is", "number-5", "unit-usd-major-many")
AN_HOUR_23_20 = (
    *("you-have", "number-1", "unit-hour-one", "number-20", "number-3", "unit-minute-many", "number-and"),
    *("number-20", "unit-second-many", "for-this-call", "please-wait-connecting"),
)
MICROS_A_SECOND, SECONDS_CARRIERS_COST = 1_000, 550  # of a test number, for the card and for demo.second


def story_by_number_and_pin(house: House) -> Caller:
    card = house.card("series 3")
    with dialling(house, ACCESS_NUMBER_AND_PIN) as caller:
        caller.listens(ASK_CARD, card.number.replace("-", ""))
        caller.listens(ASK_PIN, card.pin)
        caller.listens(ASK_NUMBER, "9999010020#")
        caller.talks(is_patient=True)
        caller.listens(ASK_NUMBER)
    return caller


def story_in_spanish(house: House) -> Caller:
    card = house.card("series 3")
    with dialling(house, ACCESS_SPANISH, language="es") as caller:
        caller.answers(ASK_CARD, card.number.replace("-", ""))
        caller.answers(ASK_PIN, card.pin)
        caller.listens(ASK_NUMBER, "9999000010#")
        caller.talks(is_patient=True)
        caller.listens(ASK_NUMBER)
    return caller


def story_three_wrong_pins(house: House) -> Caller:
    house.pins.append("135792468")
    with dialling(house, SHORT_PIN) as caller:
        for _ in range(3):
            caller.answers(ASK_PIN, "135792468")
        caller.waits_for_the_end()
    return caller


def story_two_numbers_in_one_call(house: House) -> Caller:
    card = house.card(SHORT_PIN)
    with dialling(house, SHORT_PIN) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.answers(ASK_NUMBER, "9999000000#")
        caller.talks()
        caller.phone.press("##")
        caller.answers(ASK_NUMBER, "9999000010#")
        caller.talks()
        caller.is_asked(ASK_NUMBER)
    return caller


def story_numbers_that_nobody_answers(house: House) -> Caller:
    """Busy; no such number; a silent refusal by both carriers; early media, then busy; both carriers full."""
    card = house.card(SHORT_PIN)
    with dialling(house, SHORT_PIN) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.answers(ASK_NUMBER, "9998017#")
        for number in ("9998001", "9998019", "999701", "999501"):
            caller.is_connected()
            caller.listens(ASK_NUMBER, f"{number}#")
        caller.is_connected()
        caller.listens(ASK_NUMBER)
    return caller


def story_until_the_limit(house: House) -> Caller:
    card = house.card(TWO_SECONDS)
    with dialling(house, TWO_SECONDS) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.answers(ASK_NUMBER, "9999000000#")
        caller.talks()
        caller.listens(ASK_NUMBER)
    return caller


def story_past_a_dead_carrier(house: House) -> Caller:
    card = house.card(DEAD_ROUTE)
    with dialling(house, DEAD_ROUTE) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.answers(ASK_NUMBER, "9999000010#")
        caller.talks()
        caller.is_asked(ASK_NUMBER)
    return caller


def endpoint(house: House, account_id: int | None) -> str | None:
    with house.look() as session:
        return session.scalars(select(Account.endpoint).where(Account.id == account_id)).one_or_none()


def test_number_pin_balance_destination_and_time_are_heard(told: Told) -> None:
    """M-6, M-7, M-20, M-22, M-23, M-24."""
    caller = told(story_by_number_and_pin)
    closing = ("remaining-balance-is", "number-4", "unit-usd-major-many", "and", "number-90", "number-9")
    heard = (
        "welcome",
        ASK_CARD,
        ASK_PIN,
        *FIVE,
        ASK_NUMBER,
        *AN_HOUR_23_20,
        *closing,
        "unit-usd-minor-many",
        ASK_NUMBER,
    )
    assert tuple(caller.said) == heard
    assert caller.is_heard(*heard)


def test_the_cheapest_carrier_refuses_and_the_second_is_paid(told: Told, house: House) -> None:
    """M-25, M-26, F22: the record names the carrier that answered, and its own price."""
    record = told(story_by_number_and_pin).record()
    tried = [(route["route"], route["dial_status"], route["hangup_cause"]) for route in record.tried]
    assert tried == [("demo.cheap", "CONGESTION", "34"), ("demo.second", "ANSWER", "16")]
    assert endpoint(house, record.carrier_account_id) == "demo.second"
    assert (record.talk_seconds, record.cost_micros) == (2, 2 * MICROS_A_SECOND)
    assert record.buy_cost_micros == 2 * SECONDS_CARRIERS_COST
    assert house.charged(record.call_id) == {"call": 2 * MICROS_A_SECOND}


def test_a_spanish_number_speaks_spanish(told: Told) -> None:
    """features.md 4, no. 15."""
    caller = told(story_in_spanish)
    assert caller.is_heard(*FIVE, ASK_NUMBER, "you-have", "number-1-feminine", "unit-hour-one", "number-23")
    assert caller.record().talk_seconds == 1


def test_three_wrong_pins_end_the_call_and_keys_cut_prompts_off(told: Told) -> None:
    """M-21; design 3: everything spoken can be interrupted."""
    caller = told(story_three_wrong_pins)
    assert caller.said == [
        *("welcome", ASK_PIN, "pin-not-accepted", ASK_PIN, "pin-not-accepted", ASK_PIN),
        *("pin-not-accepted", "too-many-attempts", "goodbye"),
    ]
    assert caller.is_heard("pin-not-accepted", "too-many-attempts", "goodbye")
    assert caller.heard_at("too-many-attempts") < 3 * 9 * 0.25 + 4  # 27 keys, and little of the prompts before them
    assert caller.call_ids == []


def test_a_double_hash_leads_to_another_number(told: Told) -> None:
    """F20: two calls, two holds, two charges."""
    caller = told(story_two_numbers_in_one_call)
    first, second = caller.record(0), caller.record(1)
    assert [first.settled_by, second.settled_by] == ["inline", "inline"]
    assert first.settled_at <= second.placed_at
    assert first.cost_micros == first.talk_seconds * MICROS_A_SECOND > 0
    assert (second.talk_seconds, second.cost_micros) == (1, MICROS_A_SECOND)


def test_each_way_not_to_be_answered_is_told_and_costs_nothing(told: Told, house: House) -> None:
    """M-27, F21; asterisk.md 8.1."""
    caller = told(story_numbers_that_nobody_answers)
    spoken = ("busy", "unreachable", "no-answer", "busy", "all-lines-busy")
    assert [prompt for prompt in caller.said if prompt in set(spoken)] == list(spoken)
    assert caller.is_heard(*(prompt for outcome in spoken for prompt in (outcome, ASK_NUMBER)))
    for place, disposition in enumerate(["busy", "unreachable", "no_answer", "busy", "all_lines_busy"]):
        record = caller.record(place)
        assert (record.disposition, record.cost_micros, record.talk_ms) == (disposition, 0, 0)
        assert house.charged(record.call_id) == {}


def test_the_limit_cuts_the_call_to_the_second(told: Told) -> None:
    """features.md 3.11 and 5.3 TALK; asterisk.md 8.3."""
    caller = told(story_until_the_limit)
    record = caller.record()
    assert abs(record.talk_ms - 2_000) < 150
    assert (record.limit_seconds, record.talk_seconds, record.cost_micros) == (2, 2, 2 * MICROS_A_SECOND)
    closing = ("remaining-balance-is", "number-4", "unit-usd-major-many", "and", "number-90", "number-9")
    assert caller.is_heard("time-is-over", "call-ended-cost-was", *closing, ASK_NUMBER)


def test_a_dead_carrier_is_passed_over(told: Told, house: House) -> None:
    """M-25; asterisk.md 8.2."""
    record = told(story_past_a_dead_carrier).record()
    assert [route["route"] for route in record.tried] == ["demo.dead", "demo.nowhere", "demo.second"]
    assert endpoint(house, record.carrier_account_id) == "demo.second"
    assert record.talk_seconds == 1
