"""JeraSoft's properties of a series in a real browser: its cards, their states, PINs and files (features.md 1.1)."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import pytest
from demo_shop import downloaded
from python_calamine import CalamineWorkbook
from selenium.webdriver.common.by import By
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry

if TYPE_CHECKING:
    from pathlib import Path

    from demo_shop import Clerk

pytestmark = pytest.mark.browser
MASKED = "•••• •••• ••••"


def test_a_click_on_the_series_opens_its_cards(clerk: Clerk) -> None:
    """JC-41, JC-42, JC-44, JC-47, JC-48, JC-50: the five of the page, pending, of 5 USD, their PINs masked."""
    clerk.open("/series/")
    clerk.link("1 Telecard")
    assert [name for name in clerk.headings() if name in ("Status", "Number", "Balance", "PIN")] == [
        "Status",
        "Number",
        "Balance",
        "PIN",
    ]
    assert clerk.rows("Status", "Number", "Balance", "PIN")[:5] == [
        ["○ pending", f"1-00566824{last}", "5.00 USD", MASKED] for last in range(5)
    ]


def test_every_state_is_a_sign_and_a_word_and_can_be_looked_for(clerk: Clerk) -> None:
    """JC-43, JC-44, JC-46: by the search that the arrow opens."""
    for status, sign in (("activated", "●"), ("pending", "○"), ("used", "◇")):
        clerk.open("/series/1/")
        clerk.one(".tools details.advanced > summary").click()
        clerk.type(status=status)
        clerk.press(".tools details.advanced button.main")
        assert set(clerk.column("Status")) == {f"{sign} {status}"}


def test_cards_of_a_series_whose_day_has_passed_are_expired(clerk: Clerk) -> None:
    """JC-38, JC-45: dated back after a look at how many it touches; and why a caller is refused."""
    clerk.open("/series/3/edit")
    clerk.type(expiry_date="2024-01-01")
    clerk.press("form.stackup > .line button.main")
    clerk.press("button[name=confirmed]")
    clerk.shop.expire()
    clerk.open("/series/3/?status=expired")
    assert set(clerk.column("Status")) == {"◆ expired"}
    clerk.press("[data-rows] tbody td[data-names] a")
    assert "expired" in clerk.text("p.message")


def test_the_pin_of_a_card_is_shown_once_in_groups_of_four_and_noted(clerk: Clerk) -> None:
    """JC-42, JC-49: the owner signed in a moment ago; the audit log has the look, not the digits."""
    clerk.open("/cards/1-005668241")
    clerk.press("form[action$='/pin'] button")
    pin = clerk.text(".secret")
    assert re.fullmatch(r"\d{4} \d{4} \d{4}", pin)
    with Session(clerk.shop.engine) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert "pin" in entry.act
    assert pin.replace(" ", "") not in f"{entry.before}{entry.after}{entry.reason}"


def test_the_whole_series_is_downloaded_and_noted(clerk: Clerk, tmp_path: Path) -> None:
    """JC-51: without PINs by the button of the page; with them by right, from the tab for files."""
    clerk.open("/series/1/")
    file = downloaded(clerk, tmp_path, "form[action$='/download'] button[value=xlsx]")
    cells = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    assert len(cells) == 101
    hidden = cells[0].index("PIN")
    assert not any(re.search(r"\d", str(row[hidden])) for row in cells[1:])
    clerk.link("Print and export")
    with downloaded(clerk, tmp_path, "form[action$='/export'] button[value=csv]").open(newline="") as file:
        cards = list(csv.DictReader(file))
    assert [card["Number"] for card in cards[:2]] == ["1-005668240", "1-005668241"]
    pins = {card["PIN"] for card in cards}
    assert len(pins) == 100
    assert all(re.fullmatch(r"\d{4} \d{4} \d{4}", pin) for pin in pins)
    clerk.open("/audit/?act=series.exported")
    assert clerk.column("Who")[:2] == ["Olga", "Olga"]


def test_a_card_is_found_in_its_series(clerk: Clerk) -> None:
    """JC-52: by number, by how it begins, by status, balance and bound phone."""
    clerk.open("/series/1/")
    clerk.type(q="1-00566824")
    clerk.press(".tools form > button")
    assert clerk.column("Number") == [f"1-00566824{last}" for last in range(10)]
    for fields, found in (
        ({"least": "5", "most": "5", "status": "pending"}, True),
        ({"least": "6"}, False),
        ({"phone": "37060000099"}, False),
    ):
        clerk.open("/series/1/")
        clerk.one(".tools details.advanced > summary").click()
        clerk.type(**fields)
        clerk.press(".tools details.advanced button.main")
        assert bool(clerk.column("Number")) is found, fields
    clerk.open("/series/4/")
    number = clerk.column("Number")[3]
    clerk.open(f"/cards/{number}")
    clerk.browser.execute_script("for (const one of document.querySelectorAll('details')) one.open = true;")
    clerk.type(phone="+37060000099")
    clerk.press("form[action$='/bind'] button")
    clerk.open("/series/4/?phone=37060000099")
    assert clerk.column("Number") == [number]


def test_a_card_is_a_billing_client_of_its_own(clerk: Clerk) -> None:
    """JC-2, JC-27, JC-48: its ledger begins with its value; its calls lead to their traces."""
    clerk.open("/series/2/?status=activated")
    clerk.press("[data-rows] tbody td[data-names] a")
    assert "opening value — 5.00 USD" in clerk.text()
    assert "activation fee" in clerk.text()
    clerk.link("Ledger", "main nav.tabs")
    assert "activation fee" in clerk.column("Kind")
    clerk.link("Calls", "main nav.tabs")
    clerk.press("[data-rows] tbody td[data-names] a")
    assert clerk.text("h1").startswith("Call to ")


def test_the_selector_at_the_top_leads_to_another_series(clerk: Clerk) -> None:
    """JC-53, JC-54: the heading with the currency, and the tabs."""
    clerk.open("/series/1/")
    assert clerk.text("h1").startswith("#1 Telecard [USD]")
    tabs = [one.text for one in clerk.browser.find_elements(By.CSS_SELECTOR, "main nav.tabs a")]
    assert tabs[:5] == ["Cards list", "Edit cards series", "Calls", "Ledger", "Audit"]
    clerk.follow(lambda: clerk.choose("number", "#2 Phonecard"))
    assert clerk.text("h1").startswith("#2 Phonecard [USD]")
