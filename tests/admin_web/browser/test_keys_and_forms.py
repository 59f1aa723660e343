"""The console by keys alone, and its forms and questions, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chromium import next_page, press
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from selenium import webdriver

pytestmark = pytest.mark.browser


def test_the_slash_finds_a_card_by_its_number(browser: webdriver.Chrome, inside: Callable[[str], None]) -> None:
    inside("/calls/")
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    with next_page(browser):
        browser.switch_to.active_element.send_keys("1-000000002", Keys.ENTER)
    assert browser.find_element(By.TAG_NAME, "h1").text.startswith("Card 1-000000002")


def test_rows_are_walked_by_j_and_k(browser: webdriver.Chrome, inside: Callable[[str], None]) -> None:
    inside("/cards/")
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys("j")
    assert browser.switch_to.active_element.text == "1-000000001"
    browser.switch_to.active_element.send_keys("j")
    assert browser.switch_to.active_element.text == "1-000000002"
    browser.switch_to.active_element.send_keys("k")
    assert browser.switch_to.active_element.text == "1-000000001"


def test_stopping_a_series_asks_first_and_no_means_no(browser: webdriver.Chrome, inside: Callable[[str], None]) -> None:
    """Trap D2: under a strict policy the question must not get lost."""
    inside("/series/1/")
    stop = "button[value=stop]"
    browser.find_element(By.CSS_SELECTOR, stop).click()
    browser.switch_to.alert.dismiss()
    assert "active" in browser.find_element(By.TAG_NAME, "h1").text
    with next_page(browser):
        browser.find_element(By.CSS_SELECTOR, stop).click()
        browser.switch_to.alert.accept()
    assert "stopped" in browser.find_element(By.TAG_NAME, "h1").text
    press(browser, "button[value=activate]")
    assert "Series 1 is active" in browser.find_element(By.CSS_SELECTOR, ".message").text


def test_a_refused_form_takes_the_focus_to_what_is_wrong(
    browser: webdriver.Chrome, inside: Callable[[str], None]
) -> None:
    inside("/series/generate")
    browser.find_element(By.ID, "field-number").send_keys("9")
    browser.find_element(By.ID, "field-face_value_micros").send_keys("5,00")
    press(browser, "form.stackup button.main")
    focused = browser.switch_to.active_element
    assert focused.get_attribute("role") == "alert"
    assert "comma" in focused.text
    assert browser.find_element(By.ID, "field-face_value_micros").get_attribute("value") == "5,00"


def test_the_frame_speaks_spanish_when_asked(browser: webdriver.Chrome, inside: Callable[[str], None]) -> None:
    inside("/")
    browser.find_element(By.CSS_SELECTOR, "details.user summary").click()
    browser.find_element(By.CSS_SELECTOR, "option[value=es]").click()
    press(browser, "details.user form button")
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "es"
    browser.find_element(By.CSS_SELECTOR, "details.user summary").click()
    browser.find_element(By.CSS_SELECTOR, "option[value=en]").click()
    press(browser, "details.user form button")
