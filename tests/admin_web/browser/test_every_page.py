"""Each page of the console in a real browser: wide and narrow, light and dark, under its policy for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chromium import complaints, draw, violations
from selenium.webdriver.common.by import By

if TYPE_CHECKING:
    from collections.abc import Callable

    from selenium import webdriver

pytestmark = pytest.mark.browser
PAGES = (
    "/",
    "/live/",
    "/calls/",
    "/calls/call-1",
    "/alerts/",
    "/groups/",
    "/groups/1",
    "/groups/1/edit",
    "/groups/new",
    "/series/",
    "/series/?status=deleted",
    "/series/1/",
    "/series/1/edit",
    "/series/1/files",
    "/series/1/calls/",
    "/series/1/ledger/",
    "/series/1/audit/",
    "/series/generate",
    "/cards/",
    "/cards/?least=abc",
    "/cards/1-000000001",
    "/cards/1-000000001/calls/",
    "/cards/1-000000001/ledger/",
    "/cards/1-000000001/audit/",
    "/vouchers/",
    "/vouchers/new",
    "/vouchers/1/",
    "/resellers/",
    "/resellers/new",
    "/resellers/1",
    "/distributors/",
    "/distributors/new",
    "/phones/",
    "/phones/37060000001",
    "/rates/",
    "/rates/1/",
    "/rates/1/?q=44207",
    "/rates/new",
    "/rates/1/edit",
    "/rate/1",
    "/rate/add/1",
    "/simulate/",
    "/simulate/?number=37061234567&card=1-000000001&seconds=90",
    "/simulate/?number=x",
    "/accessnumbers/",
    "/accessnumbers/new",
    "/accessnumbers/18005550100",
    "/ivr/",
    "/ivr/1",
    "/ivr/1/edit",
    "/routing/",
    "/routing/1",
    "/routing/1/edit",
    "/routing/new",
    "/routing/rules/1/new",
    "/carriers/",
    "/carriers/1/test",
    "/asterisk/",
    "/imports/",
    "/imports/new",
    "/reports/of/liability",
    "/reports/of/expiring?from=2026-11-01&until=2027-11-01",
    "/reports/of/wrong?from=x",
    "/routes/",
    "/routes/?number=442071234567&card=1-000000001",
    "/routes/?number=x",
    "/prompts/",
    "/prompts/en/welcome",
    "/simulator/",
    "/clients/",
    "/clients/1",
    "/clients/new",
    "/clients/1/edit",
    "/accounts/",
    "/accounts/?in_tag=nothing",
    "/accounts/1",
    "/accounts/new",
    "/accounts/1/edit",
    "/accounts/1/delete",
    "/accounts/calls/1/",
    "/accounts/ledger/1/",
    "/accounts/changes/1/",
    "/gateways/",
    "/gateways/new",
    "/gateways/1",
    "/ledger/",
    "/payments/",
    "/fees/",
    "/fees/fees",
    "/taxes/",
    "/taxes/new",
    "/currencies/",
    "/settings/",
    "/health/",
    "/reports/",
    "/reports/?by=destination&from=2026-11-01&until=2026-11-30",
    "/reports/?from=nonsense",
    "/jobs/",
    "/operators/",
    "/operators/1",
    "/operators/1/role",
    "/operators/new",
    "/help/",
    "/help/series",
    "/help/production",
    "/me/",
    "/me/password",
    "/me/factor",
    "/prove",
    "/audit/",
    "/search/?q=nothing",
    "/nowhere",
)
Drawn = tuple[int, str]
WAYS: tuple[Drawn, ...] = ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark"))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_fault_that_a_machine_can_see(
    browser: webdriver.Chrome, inside: Callable[[str], None], path: str
) -> None:
    """0 violations of accessibility, of the policy for scripts, 0 errors in the console: in all four ways."""
    for width, colours in WAYS:
        draw(browser, width, colours)
        browser.get_log("browser")
        inside(path)
        assert violations(browser) == [], (width, colours)
        assert complaints(browser) == [], (width, colours)
        wide = browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{path} scrolls sideways by {wide} at {width}"
        assert len(browser.find_elements(By.TAG_NAME, "h1")) == 1


def test_the_door_has_no_fault_either(browser: webdriver.Chrome, address: str) -> None:
    browser.delete_all_cookies()
    for width, colours in WAYS:
        draw(browser, width, colours)
        browser.get(f"{address}/sign-in")
        assert violations(browser) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_fault_in_spanish_either(
    browser: webdriver.Chrome, inside: Callable[[str], None], in_spanish: None, path: str
) -> None:
    """Spanish words are longer: wide and narrow, light and dark in turn."""
    del in_spanish
    width, colours = WAYS[PAGES.index(path) % len(WAYS)]
    draw(browser, width, colours)
    browser.get_log("browser")
    inside(path)
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "es"
    assert violations(browser) == [], (width, colours)
    assert complaints(browser) == [], (width, colours)
    wide = browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{path} scrolls sideways by {wide} at {width}"
