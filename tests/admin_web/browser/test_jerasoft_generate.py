"""JeraSoft's window "Generate cards series" in a browser: every field, every refusal (features.md 1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Card, CardGroup, CardSeries, TaxProfile, Wallet

if TYPE_CHECKING:
    from demo_shop import Clerk

pytestmark = pytest.mark.browser
SEND = "form.stackup > .line button"
CONFIRM = "button[name=confirmed]"


@pytest.fixture
def form(clerk: Clerk) -> Clerk:
    """The window, opened by its button, with what every series needs."""
    clerk.open("/series/")
    clerk.link("New cards series")
    assert clerk.text("h1") == "Generate cards series"
    clerk.type(face_value_micros="5.00", quantity="2", number="9")
    clerk.choose("card_group_id", "Number and PIN")
    clerk.choose("rate_table_id", "RT ORIG")
    return clerk


def stored(clerk: Clerk, number: int) -> CardSeries:
    with Session(clerk.shop.engine, expire_on_commit=False) as session:
        return session.scalars(select(CardSeries).where(CardSeries.number == number)).one()


def test_a_series_is_ordered_with_every_term_and_its_cards_are_made(form: Clerk) -> None:
    """JC-1, JC-11, JC-23 to JC-28, JC-31, JC-32, JC-34 to JC-40: JeraSoft's own example, 45-001122333 and the next."""
    with Session(form.shop.engine) as session, session.begin():
        session.add(TaxProfile(name="VAT 20"))
        known = session.scalars(select(CardGroup).where(CardGroup.name == "Number and PIN")).one()
        same = {column.key: getattr(known, column.key) for column in CardGroup.__table__.columns if column.key != "id"}
        session.add(CardGroup(**{**same, "name": "Eleven digits", "number_length": 11}))
    form.open("/series/generate")
    form.type(name="Fair", number="45", first_serial="1122333", quantity="2", pin_length="12", portal_login=True)
    form.type(face_value_micros="5.00", activation_fee_micros="1.00", maintenance_fee_micros="0.25")
    form.type(maintenance_every_hours="24", expiry_date="2031-12-31", expiry_period_days="90", notes="for the fair")
    chosen = {"card_group_id": "Eleven digits", "rate_table_id": "RT ORIG", "reseller_id": "Reseller 1"}
    for name, words in {**chosen, "tax_profile_id": "VAT 20"}.items():
        form.choose(name, words)
    form.choose("routing_plan_id", "Cheapest first")
    form.press(SEND)
    told = form.text(".preview")
    for words in ("45-001122333 … 45-001122334", "12 digits", "1 in ", "= 10.00 USD"):
        assert words in told, words
    form.press(CONFIRM)
    assert form.text("h1").startswith("#45 Fair [USD]")
    assert "The cards are being made" in form.text()
    assert form.has("meta[http-equiv=refresh]")
    form.link("The job: progress, cancel")
    assert "0 / 2" in form.text()
    assert "Cancel the job" in form.text()
    form.shop.make_cards()
    form.open("/series/45/")
    assert form.column("Number") == ["45-001122333", "45-001122334"]
    assert form.column("Balance") == ["5.00 USD", "5.00 USD"]
    made = stored(form, 45)
    assert (made.portal_login, made.notes, made.pin_length) == (True, "for the fair", 12)
    assert (made.activation_fee_micros, made.maintenance_fee_micros, made.maintenance_every_hours) == (
        1_000_000,
        250_000,
        24,
    )
    assert (str(made.expiry_date), made.expiry_period_days) == ("2031-12-31", 90)
    assert None not in (made.reseller_id, made.tax_profile_id, made.routing_plan_id)
    with Session(form.shop.engine) as session:
        opening = select(func.sum(Wallet.opening_micros)).join(Card, Card.wallet_id == Wallet.id)
        assert session.scalars(opening.where(Card.series_id == made.id)).one() == 10_000_000
    form.open("/series/?all=1")
    assert ["45 Fair", "2"] in form.rows("Series", "Qty")


@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("number", "100000001", "100000001"),  # JC-9, JC-25
        ("number", "0", "from 1 to"),  # JC-9
        ("number", "1", "1"),  # JC-9: there is one of this number
        ("quantity", "1000001", "1000000"),  # JC-28
        ("pin_length", "7", "from 8 to 16"),  # JC-29
        ("pin_length", "17", "from 8 to 16"),  # JC-29
        ("face_value_micros", "-1", "negative"),  # JC-27
        ("activation_fee_micros", "-1", "negative"),  # JC-36
        ("maintenance_every_hours", "0", "from 1 to"),  # JC-37
        ("expiry_period_days", "0", "from 1 to"),  # JC-39
    ],
)
def test_what_cannot_be_made_is_refused_at_its_field(form: Clerk, field: str, typed: str, why: str) -> None:
    """JC-9, JC-25, JC-27 to JC-29, JC-36, JC-37, JC-39: and what was typed stays."""
    form.type(name="kept", **{field: typed})
    form.press(SEND)
    assert form.browser.switch_to.active_element.get_attribute("role") == "alert"
    assert why in form.text("[role=alert]")
    assert (form.value("name"), form.value(field)) == ("kept", typed)
    assert not form.has(CONFIRM)


def test_without_a_rate_table_no_series_can_be_ordered(form: Clerk) -> None:
    """JC-33: the form offers none to be empty, and a form without it is refused."""
    assert not form.has("select[name=rate_table_id] option[value='']")
    form.browser.execute_script("document.querySelector('[name=rate_table_id]').remove()")
    form.press(SEND)
    assert "Rate table is needed." in form.text("[role=alert]")


@pytest.mark.parametrize(("status", "number"), [("pending", 5), ("inactive", 6)])
def test_cards_begin_as_the_form_says(form: Clerk, status: str, number: int) -> None:
    """JC-30, JC-40, JC-44: confirmed on two pages, it is still one series."""
    for _ in range(2):
        form.open("/series/generate")
        form.type(number=number, initial_card_status=status, quantity="2", face_value_micros="5.00")
        form.choose("card_group_id", "Number and PIN")
        form.choose("rate_table_id", "RT ORIG")
        form.press(SEND)
        form.browser.switch_to.new_window("tab")
    first, second, _ = form.browser.window_handles
    form.browser.close()
    for handle in (second, first):
        form.browser.switch_to.window(handle)
        form.press(CONFIRM)
        assert form.text("h1").startswith(f"#{number} [USD]")
        if handle == second:
            form.browser.close()
    form.browser.switch_to.window(first)
    form.shop.make_cards()
    form.open(f"/series/{number}/")
    assert [cell.split(" ")[1] for cell in form.column("Status")] == [status, status]
