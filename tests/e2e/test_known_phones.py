"""Phones that need no PIN, on real Asterisk (M-28 to M-43)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from caller import ASK_NUMBER, ASK_PIN, Caller, dialling
from house import KNOWN_PHONES, House

if TYPE_CHECKING:
    from conftest import Told

    from services.series.create_series import NewCard

pytestmark = pytest.mark.asterisk

ONE, TWO, THREE = "37061234567", "37067654321", "37069999999"


def is_asked(house: House, caller_id: str) -> bool:
    """Dial, hear the first question, and hang up."""
    with dialling(house, KNOWN_PHONES, caller_id) as caller:
        caller.comes_to("asked")
    return "enter-pin" in caller.said


def enter_pin(house: House, caller_id: str, card: NewCard) -> None:
    with dialling(house, KNOWN_PHONES, caller_id) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.is_asked(ASK_NUMBER)


def story_the_eight_steps(house: House) -> list[object]:
    """What was asked, and whose the card is, step by step."""
    card = house.card(KNOWN_PHONES)
    assert len(card.pin) == 8
    asked: list[object] = [is_asked(house, ONE)]
    enter_pin(house, ONE, card)
    asked += [house.bound_phones(card), is_asked(house, ONE), is_asked(house, TWO)]
    enter_pin(house, TWO, card)
    asked += [house.bound_phones(card), is_asked(house, TWO), is_asked(house, ONE)]
    enter_pin(house, ONE, card)
    return [*asked, house.bound_phones(card), is_asked(house, ONE)]


def story_a_known_phone_calls(house: House) -> Caller:
    card = house.card(KNOWN_PHONES)
    enter_pin(house, THREE, card)
    with dialling(house, KNOWN_PHONES, f"+{THREE}") as caller:
        caller.listens(ASK_NUMBER, "9999000010#")
        caller.talks()
        caller.is_asked(ASK_NUMBER)
    return caller


def test_the_eight_steps_of_the_example(told: Told) -> None:
    """M-29, M-35 to M-42: the newest phone has the card."""
    assert told(story_the_eight_steps) == [True, [ONE], False, True, [TWO], False, True, [ONE], False]


def test_a_known_phone_is_told_so_and_calls_without_a_pin(told: Told) -> None:
    """M-29, M-32: a plus before the number makes no other caller."""
    caller = told(story_a_known_phone_calls)
    assert ASK_PIN not in caller.said
    assert caller.is_heard("welcome", "recognised-by-your-number", "your-balance-is", ASK_NUMBER)
    record = caller.record()
    assert (record.caller_id, record.talk_seconds, record.cost_micros) == (THREE, 1, 1_000)
