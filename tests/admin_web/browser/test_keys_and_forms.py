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


def test_the_question_mark_shows_the_keys_and_the_focus_comes_back(
    browser: webdriver.Chrome, inside: Callable[[str], None]
) -> None:
    inside("/cards/")
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys("j")
    row = browser.switch_to.active_element
    row.send_keys("?")
    assert "next row" in browser.find_element(By.ID, "keys").text
    browser.switch_to.active_element.send_keys("j")  # no key acts behind a dialog
    assert browser.switch_to.active_element.text == "Close"
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not browser.find_element(By.ID, "keys").is_displayed()
    assert browser.switch_to.active_element == row


def test_a_menu_closes_by_escape_and_gives_the_focus_back(
    browser: webdriver.Chrome, inside: Callable[[str], None]
) -> None:
    inside("/cards/")
    for css in ("details.advanced > summary", "details.user > summary"):
        summary = browser.find_element(By.CSS_SELECTOR, css)
        summary.send_keys(Keys.ENTER)
        summary.send_keys(Keys.TAB)
        assert browser.find_elements(By.CSS_SELECTOR, css.replace(" >", "[open] >"))
        browser.switch_to.active_element.send_keys(Keys.ESCAPE)
        assert not browser.find_elements(By.CSS_SELECTOR, css.replace(" >", "[open] >"))
        assert browser.switch_to.active_element == summary


@pytest.mark.parametrize("path", ["/", "/cards/", "/cards/1-000000001", "/series/generate", "/me/"])
def test_every_control_is_reached_by_tab_with_a_ring_around_it(
    browser: webdriver.Chrome, inside: Callable[[str], None], path: str
) -> None:
    """In the order of the page, the skip link first; what is closed is opened before it counts."""
    inside(path)
    browser.execute_script(
        "for (const one of document.querySelectorAll('main details:not(.advanced)')) one.open = true;"
    )
    wanted = browser.execute_script(
        "return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]"
        ".filter((one) => one.checkVisibility() && !one.disabled)"
        ".filter((one) => one.type !== 'radio' || one.checked).length"
    )
    reached, unringed = set(), []
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("class") == "skip"
    while len(reached) < wanted:  # a day has three places to stop at within one control
        ring = browser.execute_script(
            "const one = document.activeElement;"
            "return one === document.body ? null : [one.outerHTML.slice(0, 80), getComputedStyle(one).outlineStyle,"
            " [...document.querySelectorAll('*')].indexOf(one)]"
        )
        assert ring, f"only {len(reached)} of {wanted} controls of {path} are reached by Tab"
        reached.add(ring[2])
        if ring[1] == "none":
            unringed.append(ring[0])
        browser.switch_to.active_element.send_keys(Keys.TAB)
    assert unringed == []


def test_the_skip_link_leads_past_the_menu(browser: webdriver.Chrome, inside: Callable[[str], None]) -> None:
    inside("/cards/")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.execute_script("return document.querySelector('main').contains(document.activeElement)")


def test_whoever_switches_single_keys_off_is_left_alone(
    browser: webdriver.Chrome, inside: Callable[[str], None]
) -> None:
    """WCAG 2.1.4."""
    inside("/cards/")
    for keys, found in (("off", False), ("on", True)):
        browser.find_element(By.CSS_SELECTOR, "details.user summary").click()
        browser.find_element(By.NAME, "keys").click()
        press(browser, "details.user form button")
        browser.find_element(By.TAG_NAME, "body").send_keys("?")
        assert browser.find_element(By.ID, "keys").is_displayed() is found, keys
