"""The acts of the main pages by a keyboard alone: nothing is clicked, nothing gets the focus but by Tab and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chromium import next_page, tab_to
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import CardStatus
from models import Card, CardSeries

if TYPE_CHECKING:
    from demo_shop import Clerk

pytestmark = pytest.mark.browser
ARROW = ".tools details.advanced > summary"


def enter(clerk: Clerk, css: str) -> None:
    """Tab to it and press Enter; it leads to another page."""
    wanted = tab_to(clerk.browser, css)
    with next_page(clerk.browser):
        wanted.send_keys(Keys.ENTER)


def test_a_series_is_generated(clerk: Clerk) -> None:
    """From the menu, by way of a refusal whose summary has the focus, to the cards."""
    clerk.one("body").send_keys("m")
    enter(clerk, ".side a[href$='/series/']")
    enter(clerk, "main a.button.main")
    for name, typed in (("number", "8"), ("quantity", "2"), ("face_value_micros", "5,00")):
        field = tab_to(clerk.browser, f"#field-{name}")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(typed)
        if name == "number":
            tab_to(clerk.browser, "#field-card_group_id").send_keys("Number")
    tab_to(clerk.browser, "#field-rate_table_id").send_keys("RT O")
    enter(clerk, "form.stackup > .line button.main")
    assert clerk.browser.switch_to.active_element.get_attribute("role") == "alert"
    tab_to(clerk.browser, "[role=alert] a").send_keys(Keys.ENTER)
    field = clerk.browser.switch_to.active_element
    assert field.get_attribute("id") == "field-face_value_micros"
    field.send_keys(Keys.CONTROL, "a")
    with next_page(clerk.browser):
        field.send_keys("5.00", Keys.ENTER)
    assert clerk.browser.switch_to.active_element == clerk.one(".preview")
    enter(clerk, "button[name=confirmed]")
    assert clerk.text("h1").startswith("#8 [USD]")
    with Session(clerk.shop.engine) as session:
        assert session.scalars(select(CardSeries.quantity).where(CardSeries.number == 8)).one() == 2


def test_a_card_is_blocked_and_unblocked(clerk: Clerk) -> None:
    """Found by the slash; the menu of the block closes by Escape and gives the focus back."""
    clerk.one("body").send_keys("/")
    with next_page(clerk.browser):
        clerk.browser.switch_to.active_element.send_keys("1-005668248", Keys.ENTER)
    menu = tab_to(clerk.browser, ".acts details.advanced > summary")
    menu.send_keys(Keys.ENTER)
    tab_to(clerk.browser, "#reason").send_keys("lost", Keys.ESCAPE)
    assert clerk.browser.switch_to.active_element == menu
    assert not clerk.one("#reason").is_displayed()
    menu.send_keys(Keys.ENTER)
    tab_to(clerk.browser, "[name=ends_calls]").send_keys(Keys.SPACE)
    enter(clerk, ".acts details.advanced button.danger")
    assert "blocked" in clerk.text("h1")
    with Session(clerk.shop.engine) as session:
        status = select(Card.status).where(Card.number == "1005668248")
        assert session.scalars(status).one() is CardStatus.BLOCKED
    enter(clerk, ".acts form button")
    assert "pending" in clerk.text("h1")


def test_the_advanced_search_is_opened_filled_and_reset(clerk: Clerk) -> None:
    clerk.open("/accounts/")
    tab_to(clerk.browser, ".skip").send_keys(Keys.ENTER)
    arrow = tab_to(clerk.browser, ARROW)
    arrow.send_keys(Keys.ENTER)
    tab_to(clerk.browser, "#filter-client").send_keys("Dear")
    enter(clerk, ".tools details.advanced button.main")
    assert clerk.column("Client") == ["Dear Networks"]
    tab_to(clerk.browser, ARROW).send_keys(Keys.ENTER)
    enter(clerk, ".tools details.advanced a.button")
    assert len(set(clerk.column("Client"))) == 4
    tab_to(clerk.browser, ARROW).send_keys(Keys.ENTER)
    assert clerk.one("#filter-client").is_displayed()
    clerk.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not clerk.one("#filter-client").is_displayed()
    assert clerk.browser.switch_to.active_element == clerk.one(ARROW)


def test_rows_are_walked_ticked_and_acted_on(clerk: Clerk) -> None:
    """j, x, and the act for the ticked ones below the table."""
    clerk.open("/series/1/")
    for _ in range(2):
        clerk.browser.switch_to.active_element.send_keys("j")
        clerk.browser.switch_to.active_element.send_keys("x")
    assert len(clerk.browser.find_elements(By.CSS_SELECTOR, "tbody input:checked")) == 2
    tab_to(clerk.browser, "#act-on-chosen").send_keys("Block")
    enter(clerk, ".chosen button")
    assert "2" in clerk.text("main form.card")
    with next_page(clerk.browser):
        tab_to(clerk.browser, "#reason").send_keys("a test", Keys.ENTER)
    assert "2 cards were blocked." in clerk.text(".message")
