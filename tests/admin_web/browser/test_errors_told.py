"""console.md 11.1, errors: what an operator sees when a field, a right, a page or the database is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chromium import draw, press
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from served_console import served_console

from services.store.settings import Settings
from tests.databases import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from demo_shop import Clerk
    from selenium import webdriver

pytestmark = pytest.mark.browser


def test_wrong_fields_are_summed_up_and_the_sum_has_the_focus(clerk: Clerk) -> None:
    """The text stands at the field too, and the summary leads to it."""
    clerk.open("/groups/new")
    clerk.press("form.stackup button.main")
    summary = clerk.browser.switch_to.active_element
    assert summary.get_attribute("role") == "alert"
    assert "Name is needed." in summary.text
    assert clerk.text("#problem-name") == "Name is needed."
    summary.find_element(By.CSS_SELECTOR, "a[href='#field-name']").click()
    assert clerk.browser.switch_to.active_element.get_attribute("name") == "name"


def test_a_missing_right_is_named_with_the_roles_that_have_it(clerk: Clerk) -> None:
    clerk.sign_in("Rosa")
    clerk.open("/operators/")
    told = clerk.text()
    assert "This needs the right to" in told
    assert "which these roles have: owner" in told
    clerk.link("To the dashboard")
    assert clerk.text("h1") == "Dashboard"


def test_a_page_that_is_not_there_offers_the_search(clerk: Clerk) -> None:
    clerk.open("/cards/1-999999999")
    assert clerk.text("h1") == "There is no such page"
    clerk.follow(lambda: clerk.one("main input[type=search]").send_keys("1-005668240", Keys.ENTER))
    assert clerk.text("h1").startswith("Card 1-005668240")


def test_a_database_that_is_away_is_a_page_with_retry(browser: webdriver.Chrome, tmp_path: Path) -> None:
    nobody = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing"
    draw(browser, 390, "dark")
    browser.delete_all_cookies()
    with served_console(Settings(state_dir=tmp_path, database_url=nobody, _env_file=None)) as address:
        browser.get(f"{address}/sign-in")
        for _ in range(2):
            assert browser.find_element(By.TAG_NAME, "h1").text == "The database does not answer"
            assert "callingcard doctor" in browser.find_element(By.TAG_NAME, "main").text
            press(browser, "form button.main")
