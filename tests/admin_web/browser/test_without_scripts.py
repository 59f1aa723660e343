"""The console without a script: whoever switches JavaScript off, or has none of ours, does all the same (F38, 2g).

Lists, filters, generation, blocks of many, deletion and files are forms and links; only the phone needs scripts.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from chromium import started_chromium
from demo_shop import Clerk, DemoShop, downloaded
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import CardStatus, SeriesStatus
from models import Card, CardSeries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium import webdriver

pytestmark = pytest.mark.browser
SEND = "form.stackup > .line button"
TELLS = "data:text/html,<title>off</title><script>document.title='on'</script>"


@pytest.fixture(scope="module")
def plain() -> Iterator[webdriver.Chrome]:
    """A browser that runs no page's script."""
    with started_chromium() as driver:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        driver.get(TELLS)
        assert driver.title == "off"
        yield driver


@pytest.fixture
def clerk(plain: webdriver.Chrome, shop: DemoShop) -> Clerk:
    made = Clerk(plain, shop)
    made.sign_in("Olga")
    return made


def test_a_series_is_generated_found_blocked_deleted_and_taken_without_a_script(clerk: Clerk, tmp_path: Path) -> None:
    """console.md 7 and 13 (goals 7 and 8): sign-in, generate, list, filter, block many, export, delete."""
    clerk.open("/series/generate")
    clerk.type(face_value_micros="5.00", quantity="3", number="8", name="Plain")
    clerk.choose("card_group_id", "Number and PIN")
    clerk.choose("rate_table_id", "RT ORIG")
    clerk.press(SEND)
    assert "= 15.00 USD" in clerk.text(), "it is shown before it is ordered"
    clerk.press("button[name=confirmed]")
    clerk.shop.make_cards()

    clerk.open("/cards/")
    clerk.one("details.advanced summary").click()
    clerk.type(q="8-", least="5")
    clerk.press("details.advanced button.main")
    assert len(clerk.rows("Number")) == 3
    assert "8-" in clerk.text(".chips")

    for box in clerk.browser.find_elements("css selector", "[data-rows] tbody input[name=number]")[:2]:
        box.click()
    clerk.one("#act-on-chosen").send_keys("Block")
    clerk.press(".chosen button")
    assert "2 cards would be changed." in clerk.text(), "asked first, by a page"
    assert blocked(clerk) == 0
    clerk.type(reason="lost")
    clerk.press("form.narrow button.danger")
    assert blocked(clerk) == 2

    file = downloaded(clerk, tmp_path, "a[href*='download=csv']")
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert len(rows) == 3

    clerk.open("/series/8/")
    clerk.press("button[value=delete]")
    with Session(clerk.shop.engine) as session:
        series = session.scalars(select(CardSeries).where(CardSeries.number == 8)).one()
        assert series.status is SeriesStatus.DELETED, "nothing is erased, and it is brought back by one press"
    clerk.press("button[value=stop]")


def blocked(clerk: Clerk) -> int:
    with Session(clerk.shop.engine) as session:
        mine = select(Card.status).join(CardSeries, CardSeries.id == Card.series_id).where(CardSeries.number == 8)
        return list(session.scalars(mine)).count(CardStatus.BLOCKED)
