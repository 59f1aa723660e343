"""JeraSoft's list of card series in a real browser: its columns, its three rows, its search (features.md 1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By

if TYPE_CHECKING:
    from demo_shop import Clerk

pytestmark = pytest.mark.browser
COLUMNS = ["Status", "Series", "Balance", "Qty", "Reseller", "Rate table", "Act. fee", "Maint. fee"]
ARROW = ".tools details.advanced > summary"
SEARCH = ".tools details.advanced button.main"
QUICK = ".tools form > button"
RESET = ".tools details.advanced a.button"


def test_the_list_has_jerasofts_columns_and_rows(clerk: Clerk) -> None:
    """JC-5, JC-8, JC-10 to JC-19: found by the menu; a fee of nothing is a dash."""
    clerk.open("/")
    clerk.link("Series", ".side nav")
    assert clerk.headings() == COLUMNS
    assert clerk.rows(*COLUMNS)[:3] == [
        ["● active", "1 Telecard", "5.00 USD", "100", "Reseller 1", "RT ORIG", "—", "0.25 USD every 24 hours"],
        ["● active", "2 Phonecard", "5.00 USD", "100", "Reseller 1", "RT TERM", "2.00 USD", "—"],
        ["● active", "3 New-card", "5.00 USD", "100", "Reseller 1", "RT ORIG", "—", "—"],
    ]


def test_the_rate_table_of_a_row_leads_to_its_rates(clerk: Clerk) -> None:
    """JC-13."""
    clerk.open("/series/")
    clerk.link("RT TERM")
    assert "RT TERM" in clerk.text("h1")


def test_a_reseller_sees_its_own_series_and_nobody_elses(clerk: Clerk) -> None:
    """JC-12: the fourth is the platform's."""
    clerk.open("/series/")
    assert "4 Pin card" in clerk.column("Series")
    clerk.sign_in("Rosa")
    clerk.open("/series/")
    assert clerk.column("Series") == ["1 Telecard", "2 Phonecard", "3 New-card"]
    clerk.open("/series/4/")
    assert "no such" in clerk.text("h1")


def test_the_search_is_opened_by_its_arrow_at_the_right_above_the_table(clerk: Clerk) -> None:
    """JC-20, JC-22: status, reseller, group, number, name, rate table; Reset goes back to what the list opens with."""
    clerk.open("/series/")
    arrow, table = clerk.one(ARROW), clerk.one("[data-rows]")
    assert arrow.location["y"] < table.location["y"]
    assert arrow.location["x"] > table.location["x"] + table.size["width"] / 2
    assert not clerk.one("#filter-reseller").is_displayed()
    arrow.click()
    for criterion in ("status", "reseller", "group", "rates", "name"):
        assert clerk.one(f"#filter-{criterion}").is_displayed(), criterion
    clerk.choose("rates", "RT TERM")
    clerk.press(SEARCH)
    assert clerk.column("Series") == ["2 Phonecard"]
    clerk.one(ARROW).click()
    clerk.press(RESET)
    assert clerk.column("Series") == ["1 Telecard", "2 Phonecard", "3 New-card", "4 Pin card"]
    clerk.type(q="3")
    clerk.press(QUICK)
    assert clerk.column("Series") == ["3 New-card"]


def test_it_opens_on_active_of_all_resellers_and_the_chip_takes_that_away(clerk: Clerk) -> None:
    """JC-5 to JC-7, JC-21: a stopped and a deleted series are away at first, and there without the chip."""
    for number, act in ((2, "stop"), (3, "delete")):
        clerk.open(f"/series/{number}/")
        clerk.agree(f"button[value={act}]")
    clerk.open("/series/")
    chips = [one.text for one in clerk.browser.find_elements(By.CSS_SELECTOR, ".chips a")]
    assert len(chips) == 1
    assert chips[0].startswith("Status: active")
    assert clerk.column("Series") == ["1 Telecard", "4 Pin card"]
    clerk.press(".chips a")
    assert clerk.rows("Status", "Series")[1:3] == [["■ stopped", "2 Phonecard"], ["✕ deleted", "3 New-card"]]
    for number, steps in ((2, ("activate",)), (3, ("stop", "activate"))):
        clerk.open(f"/series/{number}/")
        for step in steps:
            clerk.press(f"button[value={step}]")
        assert "● active" in clerk.text("h1")
