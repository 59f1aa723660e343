"""Each page of the portal in a real browser: a phone and a desk, light and dark, two languages, under its policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chromium import complaints, draw, violations
from selenium.webdriver.common.by import By

if TYPE_CHECKING:
    from selenium import webdriver

    from tests.portal_web.browser.conftest import Hand

pytestmark = pytest.mark.browser
PAGES = (
    "/",
    "/calls",
    "/charges",
    "/phones",
    "/refill",
    "/rates",
    "/rates?q=370%20612%2034567",
    "/rates?q=united",
    "/rates?q=Atlantis",
    "/rates?q=99912345678",
    "/settings",
    "/nowhere",
)
WAYS = ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark"))


def faults(browser: webdriver.Chrome, path: str) -> None:
    """0 violations of accessibility, of the policy for scripts, 0 errors in the console, nothing beside the screen."""
    assert violations(browser) == [], path
    assert complaints(browser) == [], path
    wide = browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{path} scrolls sideways by {wide}"
    assert len(browser.find_elements(By.TAG_NAME, "h1")) == 1, path


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("width", "colours"), WAYS)
def test_no_page_has_a_fault_that_a_machine_can_see(hand: Hand, width: int, colours: str, language: str) -> None:
    """The first card has calls and a phone; the second shows what stands where there is nothing yet."""
    browser = hand.browser
    draw(browser, width, colours)
    hand.open("/log-in")
    hand.press(f"button[value={language}]")
    browser.get_log("browser")
    faults(browser, "/log-in")
    for place in (0, 1):
        browser.delete_cookie("callingcard_portal")
        hand.open("/log-in")
        hand.press(f"button[value={language}]")
        hand.log_in(place)
        for path in PAGES:
            hand.open(path)
            assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == language
            for details in browser.find_elements(By.CSS_SELECTOR, "details > summary"):
                details.click()
            faults(browser, path)
