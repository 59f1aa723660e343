"""The text phone of the simulator page in a real browser, against the real call server with the demo's data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chromium import complaints, violations
from demo_house import House, demo_house
from handset import answer, at_the_phone, entries, is_asked, part, wait
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select
from sqlalchemy.orm import Session

from models.database import make_engine
from services.money.verify_ledger import verify_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium import webdriver

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with demo_house(tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture
def page(browser: webdriver.Chrome, house: House) -> webdriver.Chrome:
    return at_the_phone(browser, house)


def test_a_call_by_the_keypad_lights_the_ten_steps_and_is_charged_to_the_micro(
    page: webdriver.Chrome, house: House
) -> None:
    """JC-3, steps M-19 to M-26, with fail-over: 0.10 connection, and 66 seconds at 0.07 a minute."""
    card = house.card(3)
    Select(page.find_element(By.ID, "phone-carriers")).select_by_value("503,answer:65")
    page.find_element(By.CSS_SELECTOR, "[data-dial]").click()
    answer(page, f"{card['keys']}#")
    answer(page, card["pin"])
    answer(page, "37061234567#")
    wait(page, lambda it: "Charged" in part(it, "bill"))
    page.find_element(By.CSS_SELECTOR, "[data-hang-up]").click()
    wait(page, lambda it: part(it, "state") == "Call is over")

    talk, bill = part(page, "talk"), part(page, "bill")
    assert "Welcome. Please enter your card number." in talk
    assert "Your balance is five dollars." in talk
    assert "You have one hour and ten minutes for this call." in talk
    assert "demo.cheap: 37061234567, CONGESTION (34)" in talk
    assert "demo.second: 37061234567, ANSWER (16), 65 seconds of talk" in talk
    assert page.find_element(By.CSS_SELECTOR, "[data-charged]").get_attribute("data-charged") == "177000"
    assert "4.823 USD" in bill
    done = page.find_elements(By.CSS_SELECTOR, ".ten-steps .done, .ten-steps .now")
    assert [step.get_attribute("data-step") for step in done] == [str(number) for number in range(3, 11)]
    assert card["pin"] not in page.page_source
    assert complaints(page) == []
    assert violations(page) == []
    engine = make_engine(house.settings.database_url_or_default)
    with Session(engine) as session:
        assert verify_ledger(session) == []
    engine.dispose()


def test_the_transcript_shows_what_passed_and_masks_the_pin(page: webdriver.Chrome, house: House) -> None:
    """It is the last call's, which a page that is opened later shows too."""
    wait(page, lambda it: part(it, "state") == "Call is over")
    page.find_element(By.CSS_SELECTOR, "[data-wire] summary").click()
    wire = part(page, "agi")
    assert "GET DATA" in wire
    assert "result=****" in wire
    assert "SET VARIABLE CARD_NEXT" in wire
    assert house.card(3)["pin"] not in wire
    assert violations(page) == []


def test_the_keyboard_presses_keys_and_a_wrong_pin_is_told(page: webdriver.Chrome, house: House) -> None:
    page.find_element(By.CSS_SELECTOR, "[data-dial]").click()
    for keys in (f"{house.card(4)['keys']}#", "111111111111"):
        wait(page, is_asked)
        before = entries(page)
        page.find_element(By.TAG_NAME, "body").send_keys(keys)
        wait(page, lambda it, before=before: entries(it) > before)
    wait(page, lambda it: "number-or-pin-not-accepted" in part(it, "talk"))
    page.find_element(By.CSS_SELECTOR, "[data-hang-up]").click()
    wait(page, lambda it: part(it, "state") == "Call is over")
    assert "The caller hung up." in part(page, "talk")
    assert "111111111111" not in page.page_source
