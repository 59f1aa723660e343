"""Operators, long files, acts on all that fit: by the mouse in a real browser, each page without a fault, four ways."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from chromium import complaints, draw, next_page, press, violations
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_web.lists import rows_file
from models import Card

if TYPE_CHECKING:
    from collections.abc import Callable

    from selenium import webdriver
    from sqlalchemy import Engine

pytestmark = pytest.mark.browser
OWN = "nine dry otters"


def text(browser: webdriver.Chrome, css: str = "main") -> str:
    found: str = browser.find_element(By.CSS_SELECTOR, css).text
    return found


def without_a_fault(browser: webdriver.Chrome) -> None:
    """The page as it stands, which a reload would change or repeat."""
    for width, colours in ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")):
        draw(browser, width, colours)
        assert violations(browser) == [], (width, colours)
        wide = browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, (width, wide)
    assert complaints(browser) == []
    draw(browser, 1440, "light")


def sign_in(browser: webdriver.Chrome, address: str, name: str, password: str) -> None:
    browser.delete_all_cookies()
    browser.get(f"{address}/sign-in")
    browser.find_element(By.ID, "name").send_keys(name)
    with next_page(browser):
        browser.find_element(By.ID, "password").send_keys(password, Keys.ENTER)


def test_a_new_operator_gets_a_password_once_and_replaces_it_first(
    browser: webdriver.Chrome, inside: Callable[[str], None], address: str
) -> None:
    inside("/operators/")
    browser.get_log("browser")
    press(browser, "a[href$='/operators/new']")
    browser.find_element(By.ID, "field-name").send_keys("Sam")
    Select(browser.find_element(By.ID, "field-role")).select_by_value("support")
    press(browser, "form.stackup button.main")
    drawn = text(browser, ".secret")
    without_a_fault(browser)
    press(browser, "main a.button.main")
    assert drawn not in browser.page_source
    assert "not replaced yet" in text(browser)
    sign_in(browser, address, "sam", drawn)
    assert text(browser, "h1") == "Your new password"
    browser.get_log("browser")
    without_a_fault(browser)
    browser.get(f"{address}/cards/")
    assert text(browser, "h1") == "Your new password"
    for field in ("password", "again"):
        browser.find_element(By.ID, field).send_keys(OWN)
    press(browser, "main form button.main")
    assert "Your password is changed" in text(browser, ".message")


def test_all_that_fit_are_confirmed_and_changed(
    browser: webdriver.Chrome,
    inside: Callable[[str], None],
    engine_served: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("admin_web.lists.list_view.PAGE_SIZES", (1,))
    for act, sentence in (("block", "2 cards were blocked."), ("unblock", "2 cards were unblocked.")):
        inside("/cards/?q=1&size=1")
        browser.get_log("browser")
        without_a_fault(browser)
        Select(browser.find_element(By.ID, "act-on-chosen")).select_by_value(act)
        browser.find_element(By.NAME, "matching").click()
        press(browser, ".chosen button")
        assert "All 2 cards that fit now: 1." in text(browser)
        without_a_fault(browser)
        if act == "block":
            browser.find_element(By.ID, "reason").send_keys("a test")
        press(browser, "main form.card button")
        assert sentence in text(browser, ".message")
    with Session(engine_served) as session:
        assert "blocked" not in {status.value for status in session.scalars(select(Card.status))}


def test_a_long_list_is_asked_for_and_its_job_is_cancelled(
    browser: webdriver.Chrome, inside: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_file, "ROWS_AT_ONCE", 0)
    inside("/cards/")
    browser.get_log("browser")
    press(browser, "a[href*='download=csv']")
    assert "2 rows" in text(browser)
    without_a_fault(browser)
    press(browser, "main form button.main")
    assert re.search(r"/jobs/\d+$", browser.current_url)
    with next_page(browser):
        browser.find_element(By.CSS_SELECTOR, ".acts button.danger").click()
        browser.switch_to.alert.accept()
    assert "nothing of what it began can be used" in text(browser, ".message")
