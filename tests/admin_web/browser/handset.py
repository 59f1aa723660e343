"""The phone of the simulator page as a person uses it: waits for a question, presses keys, reads what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chromium import WAIT_SECONDS_MAX, draw
from demo_house import NAME, PASSWORD, House
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Callable

    from selenium import webdriver


def at_the_phone(browser: webdriver.Chrome, house: House) -> webdriver.Chrome:
    """Signed in, before the phone."""
    browser.delete_all_cookies()
    draw(browser, 1440, "light")
    browser.get(f"{house.address}/sign-in")
    browser.find_element(By.ID, "name").send_keys(NAME)
    browser.find_element(By.ID, "password").send_keys(PASSWORD, Keys.ENTER)
    wait(browser, lambda it: it.title.startswith("Dashboard"))
    browser.get_log("browser")
    browser.get(f"{house.address}/simulator/?number=18005550100")
    return browser


def wait(browser: webdriver.Chrome, is_so: Callable[[webdriver.Chrome], object]) -> None:
    """Raises AssertionError with what the page shows when it does not come to be so."""
    try:
        WebDriverWait(browser, 3 * WAIT_SECONDS_MAX).until(is_so)
    except TimeoutException:
        raise AssertionError(browser.find_element(By.TAG_NAME, "main").text) from None


def part(browser: webdriver.Chrome, name: str) -> str:
    return browser.find_element(By.CSS_SELECTOR, f"[data-{name}]").text


def is_asked(browser: webdriver.Chrome) -> bool:
    return "asked" in (browser.find_element(By.CSS_SELECTOR, "[data-entry]").get_attribute("class") or "").split()


def entries(browser: webdriver.Chrome) -> int:
    """How many the call has taken."""
    return len(browser.find_elements(By.CSS_SELECTOR, ".talk .keyed"))


def answer(browser: webdriver.Chrome, keys: str) -> None:
    """Press keys on the keypad when the phone waits for them."""
    wait(browser, is_asked)
    before = entries(browser)
    for key in keys:
        browser.find_element(By.CSS_SELECTOR, f'[data-key="{key}"]').click()
    wait(browser, lambda it: entries(it) > before)
