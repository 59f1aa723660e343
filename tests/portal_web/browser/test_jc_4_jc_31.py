"""JC-4 and JC-31 as a holder meets them: log in by number and PIN, browse statistics and other information."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chromium import complaints
from selenium.webdriver.common.by import By

if TYPE_CHECKING:
    from tests.portal_web.browser.conftest import Hand

pytestmark = pytest.mark.browser


def test_jc_31_the_login_is_the_number_and_the_password_the_pin(hand: Hand) -> None:
    hand.log_in(pin="000000000000")
    problem = hand.browser.find_element(By.CSS_SELECTOR, "[role=alert]").text
    assert "This card number and PIN do not fit" in problem
    assert "+1 800 555 0199" in problem
    assert hand.browser.find_element(By.ID, "number").get_attribute("value") == hand.shown.cards[0].number
    assert hand.browser.find_element(By.ID, "pin").get_attribute("value") == ""
    hand.browser.get_log("browser")  # the refusal itself
    hand.log_in()
    assert hand.browser.find_element(By.TAG_NAME, "h1").text == hand.shown.cards[0].number
    assert hand.browser.current_url == f"{hand.shown.address}/"
    hand.press(".top button")
    hand.open("/calls")
    assert hand.browser.current_url == f"{hand.shown.address}/log-in"
    assert complaints(hand.browser) == []


def test_jc_4_the_holder_browses_balance_calls_prices_and_charges_and_refills(hand: Hand) -> None:
    hand.log_in()
    assert "+442071234567" in hand.text
    assert hand.browser.find_element(By.CSS_SELECTOR, ".tel").get_attribute("href") == "tel:+18005550100"
    hand.follow("Calls")
    assert len(hand.browser.find_elements(By.CSS_SELECTOR, ".rows li")) == 4
    hand.follow("Charges")
    assert "Connection fee" in hand.text
    hand.follow("Prices")
    hand.enter("#q", "370 612 34567")
    assert "First minute, all included" in hand.text
    hand.follow("Refill")
    hand.enter("#code", "000000000000")
    assert "This voucher is not known." in hand.text
    hand.browser.get_log("browser")  # the refusal itself
    hand.enter("#code", hand.shown.codes[0])
    assert "10.00 USD were added." in hand.text
    assert complaints(hand.browser) == []


def test_a_phone_is_removed_and_the_page_says_how_to_add_one(hand: Hand) -> None:
    hand.log_in()
    hand.follow("Phones")
    hand.press(".rows button")
    assert "From +37060000001 the PIN is asked again." in hand.text
    assert "How to add a phone" in hand.text
    assert hand.browser.find_elements(By.CSS_SELECTOR, ".rows li") == []
