"""Garbage from outside is data: caller ids, endless keys, keys that are no digits (F32, F33; M-31 to M-33)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from caller import ASK_NUMBER, ASK_PIN, dialling
from house import KNOWN_PHONES, SHORT_PIN, House

pytestmark = pytest.mark.asterisk

CALLER_IDS = (
    '+44"evil"',
    "${SHELL(touch executed)}",
    "37061234567&PIZZA",
    "37061234567\\nSET VARIABLE CARD_NEXT dial",
    "Žalgiris😀",
)


@pytest.mark.parametrize("caller_id", CALLER_IDS)
def test_a_caller_id_that_is_no_number_is_no_more_than_no_number(house: House, caller_id: str) -> None:
    """F32, M-33: the normal flow with a PIN; nothing is bound, nothing is run, each log line stays one line."""
    card = house.cards[KNOWN_PHONES][0]
    house.pins.append(card.pin)
    before = len(house.server_log.read_text().splitlines())
    with dialling(house, KNOWN_PHONES, caller_id, is_alone=True) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.is_asked(ASK_NUMBER)
    house.plant.wait_until_idle()
    assert house.bound_phones(card) == []
    assert not list(house.state.rglob("executed"))
    for line in house.server_log.read_text().splitlines()[before:]:
        assert line.startswith("timestamp="), line


def test_endless_keys_and_keys_that_are_no_digits_end_in_prompts(house: House) -> None:
    """F33: cut at their length, each entry is one try; no hold is placed."""

    def endless_pin() -> list[str]:
        with dialling(house, SHORT_PIN) as caller:
            assert not caller.phone.press("7" * 500)
            caller.waits_for_the_end()
        return caller.said

    def endless_number() -> list[str]:
        card = house.card(SHORT_PIN)
        with dialling(house, SHORT_PIN) as caller:
            caller.answers(ASK_PIN, card.pin)
            assert not caller.phone.press("8" * 500)
            caller.waits_for_the_end()
        return caller.said

    def stars_and_hashes() -> list[str]:
        with dialling(house, SHORT_PIN) as caller:
            caller.phone.press("*#*##*#####")
            caller.waits_for_the_end()
        return caller.said

    house.pins.append("777777777")
    with ThreadPoolExecutor(3) as pool:
        pin, number, stars = (pool.submit(work) for work in (endless_pin, endless_number, stars_and_hashes))
    assert pin.result()[-3:] == ["pin-not-accepted", "too-many-attempts", "goodbye"]
    assert pin.result().count("enter-pin") == 3
    assert number.result()[-2:] == ["destination-invalid", "goodbye"]
    assert number.result().count(ASK_NUMBER) == 3
    assert stars.result()[-2:] == ["too-many-attempts", "goodbye"]
    assert house.open_holds() == 0
