"""JeraSoft's tab "Edit cards series" in a real browser: what is fixed, what may change, and who was first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CardSeries

if TYPE_CHECKING:
    from demo_shop import Clerk

pytestmark = pytest.mark.browser
SAVE = "form.stackup > .line button.main"
EDIT = "/series/3/edit"


def series(clerk: Clerk) -> CardSeries:
    with Session(clerk.shop.engine, expire_on_commit=False) as session:
        return session.scalars(select(CardSeries).where(CardSeries.number == 3)).one()


def test_the_tab_has_jerasofts_sections(clerk: Clerk) -> None:
    """JC-53, JC-55 to JC-58: number, balance and quantity are text, and no field."""
    clerk.open("/series/3/")
    clerk.link("Edit cards series")
    titles = [one.text for one in clerk.browser.find_elements(By.CSS_SELECTOR, "main form h2, main form legend")]
    assert titles == ["System information", "Notes", "Billing settings", "Expiration settings"]
    told = clerk.text("main form dl.facts").split("\n")
    fixed_ones = dict(zip(told[::2], told[1::2], strict=True))
    assert {"Number": "3", "Balance": "5.00 USD", "Quantity": "100"}.items() <= fixed_ones.items()
    for fixed in ("number", "face_value_micros", "quantity"):
        assert not clerk.has(f"form.stackup [name={fixed}]"), fixed


def test_every_term_is_saved(clerk: Clerk) -> None:
    """JC-24, JC-31, JC-34 to JC-39, JC-55 to JC-59: name, status, control panel, notes, billing, expiry."""
    clerk.open(EDIT)
    clerk.type(name="Newer", portal_login=True, notes="seen", activation_fee_micros="0.50")
    clerk.type(maintenance_fee_micros="0.10", maintenance_every_hours="48", expiry_period_days="400")
    clerk.choose("rate_table_id", "RT TERM")
    clerk.choose("routing_plan_id", "Cheapest first")
    clerk.press(SAVE)
    if clerk.has("button[name=confirmed]"):
        clerk.press("button[name=confirmed]")
    assert "Series 3 is saved." in clerk.text(".message")
    made = series(clerk)
    assert (made.name, made.portal_login, made.notes) == ("Newer", True, "seen")
    assert (made.activation_fee_micros, made.maintenance_fee_micros) == (500_000, 100_000)
    assert (made.maintenance_every_hours, made.expiry_period_days) == (48, 400)
    clerk.open("/series/")
    shown = clerk.rows("Series", "Rate table", "Act. fee", "Maint. fee")
    assert ["3 Newer", "RT TERM", "0.50 USD", "0.10 USD every 48 hours"] in shown


def test_a_date_tells_how_many_cards_it_would_expire_before_it_is_saved(clerk: Clerk) -> None:
    """JC-38, JC-58."""
    clerk.open(EDIT)
    clerk.type(expiry_date="2024-01-01")
    clerk.press(SAVE)
    assert "expire at once" in clerk.text("[role=status]")
    assert series(clerk).expiry_date is None
    clerk.open(EDIT)
    assert clerk.value("expiry_date") == ""


def test_a_later_status_moves_the_cards_that_nobody_activated(clerk: Clerk) -> None:
    """JC-30."""
    clerk.open(EDIT)
    clerk.type(initial_card_status="inactive")
    clerk.press(SAVE)
    assert "unused cards change their status" in clerk.text("[role=status]")
    clerk.press("button[name=confirmed]")
    clerk.open("/series/3/")
    assert clerk.column("Status")[0] == "◌ inactive"


def test_the_second_of_two_who_edit_is_told_and_changes_nothing(clerk: Clerk) -> None:
    """JC-59: two pages are open; the first saves."""
    clerk.open(EDIT)
    first = clerk.browser.current_window_handle
    clerk.browser.switch_to.new_window("tab")
    clerk.open(EDIT)
    clerk.type(notes="mine")
    clerk.press(SAVE)
    clerk.browser.close()
    clerk.browser.switch_to.window(first)
    clerk.type(notes="too late")
    clerk.press(SAVE)
    told = clerk.text("[role=alert]")
    assert "Changed by" in told
    assert "Olga" in told
    assert "→ mine" in told
    assert series(clerk).notes == "mine"
