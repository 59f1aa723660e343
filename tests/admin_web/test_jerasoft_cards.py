"""JeraSoft's pages of calling cards as pages of ours, on the demo's own data: the list, the search, the cards, the form
(features.md 1.1).
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, NOW
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_web.lists import filters
from billing.rights import Role
from billing.states import CardStatus
from models import CardSeries, Distributor, Job, Reseller
from services.demo.demo_data import ACCESS_NUMBER_AND_PIN, create_demo
from services.demo.demo_month import create_demo_month
from services.keys.key_file import replace_pin_keys
from services.operators.save_operator import OperatorRole, create_operator
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import fields_of

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from sqlalchemy import Engine


@pytest.fixture
def demo(app: Flask, engine: Engine, tmp_path: Path) -> None:
    del app
    replace_pin_keys(tmp_path / "keys.json", KEYS)
    with Session(engine, autoflush=False) as session, session.begin():
        create_demo(session, KEYS, NOW, 5080)
        create_demo_month(session, ACCESS_NUMBER_AND_PIN, NOW)
        session.add(Distributor(name="Kiosk"))


@pytest.fixture
def owner(demo: None, app: Flask, engine: Engine) -> Visitor:
    """The owner of the demo, signed in."""
    from admin_web.access import now  # noqa: PLC0415
    from services.audit.audit import Actor, Door  # noqa: PLC0415
    from services.operators.sessions import open_session  # noqa: PLC0415

    del demo
    with Session(engine) as session, session.begin():
        me = create_operator(session, "owner", OperatorRole(Role.OWNER), Actor("tests", Door.CLI), now())
        token = open_session(session, me.id, now())
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["token"] = token
    return Visitor(client, me)


def rows(page: str) -> list[list[str]]:
    """The cells of the list's rows, as they are read."""
    body = page.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    cells = [re.findall(r"<td data-label.*?>(.*?)</td>", row, re.DOTALL) for row in body.split("</tr>")]
    return [[re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip() for cell in row] for row in cells if row]


def headings(page: str) -> list[str]:
    head = page.split("<thead>")[1].split("</thead>", maxsplit=1)[0]
    found = re.findall(r"<th scope.*?>(.*?)</th>", head, re.DOTALL)
    return [re.sub(r"\s+|[↑↓]", " ", re.sub(r"<[^>]+>", "", cell)).strip() for cell in found]


def test_the_list_shows_jerasofts_three_rows(owner: Visitor) -> None:
    """JC-5, JC-8, JC-10 to JC-19: status, number and name, balance, quantity, reseller, rate table, both fees; a fee of
    nothing is a dash.
    """
    page = owner.get("/series/").text
    assert headings(page) == [
        "Status",
        "Series",
        "Balance",
        "Qty",
        "Reseller",
        "Rate table",
        "Act. fee",
        "Maint. fee",
    ]
    assert rows(page)[:3] == [
        ["● active", "1 Telecard", "5.00 USD", "100", "Reseller 1", "RT ORIG", "—", "0.25 USD every 24 hours"],
        ["● active", "2 Phonecard", "5.00 USD", "100", "Reseller 1", "RT TERM", "2.00 USD", "—"],
        ["● active", "3 New-card", "5.00 USD", "100", "Reseller 1", "RT ORIG", "—", "—"],
    ]


def test_a_reseller_sees_its_own_series_only(demo: None, app: Flask, engine: Engine) -> None:
    """JC-12."""
    from admin_web.access import now  # noqa: PLC0415
    from services.audit.audit import Actor, Door  # noqa: PLC0415
    from services.operators.sessions import open_session  # noqa: PLC0415

    del demo
    with Session(engine) as session, session.begin():
        role = OperatorRole(Role.RESELLER, "Reseller 1")
        me = create_operator(session, "east", role, Actor("tests", Door.CLI), now())
        token = open_session(session, me.id, now())
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["token"] = token
    assert [row[1] for row in rows(client.get("/series/").text)] == ["1 Telecard", "2 Phonecard", "3 New-card"]
    assert client.get("/series/4/").status_code == 404


def test_the_search_opens_on_active_and_all_resellers(owner: Visitor, engine: Engine) -> None:
    """JC-20 to JC-22, JC-6, JC-7."""
    page = owner.get("/series/")
    assert "Advanced search" in text_of(page)
    for criterion in ("status", "reseller", "group", "rates", "name"):
        assert f'id="filter-{criterion}"' in page.text, criterion
    assert re.search(r"Status: active . remove", text_of(page))
    owner.post("/series/1/", "/series/1/state", act="stop", version=1)
    assert [row[1] for row in rows(owner.get("/series/").text)] == ["2 Phonecard", "3 New-card", "4 Pin card"]
    assert "■ stopped" in [row[0] for row in rows(owner.get("/series/?all=1").text)]
    with Session(engine) as session:
        reseller = session.scalars(select(Reseller.id)).one()
    found = rows(owner.get(f"/series/?status=active&reseller={reseller}").text)
    assert [row[1] for row in found] == ["2 Phonecard", "3 New-card"]
    assert [row[1] for row in rows(owner.get("/series/?name=phone").text)] == ["2 Phonecard"]
    assert '<a class="button" href="/series/">Reset</a>' in page.text


def test_the_number_of_a_series_is_digits_up_to_a_hundred_million(owner: Visitor) -> None:
    """JC-9, JC-25, JC-29, JC-33: each refusal stands at its field."""
    address = "/series/generate"
    form = fields_of(owner.get(address), "number")
    for field, typed, why in (
        ("number", "100000001", "100000001"),
        ("number", "4x", "cannot be read"),
        ("pin_length", "7", "from 8 to 16"),
        ("rate_table_id", "", "is needed"),
    ):
        good = {**form, "number": "5", "face_value_micros": "5.00", "pin_length": "12"}
        refused = owner.post(address, address, **{**good, field: typed})
        assert refused.status_code == 400
        problem = re.search(rf'id="problem-{field}">([^<]*)<', refused.text)
        assert problem, (field, text_of(refused))
        assert why in problem[1], problem[1]


def test_a_series_is_ordered_by_the_form_that_the_command_line_shares(owner: Visitor, engine: Engine) -> None:
    """JC-1, JC-23, JC-24, JC-26 to JC-28, JC-30 to JC-32, JC-35 to JC-40: previewed, ordered once, made by a job."""
    address = "/series/generate"
    form = fields_of(owner.get(address), "number")
    typed = {
        **form,
        "name": "Example",
        "number": "5",
        "quantity": "2",
        "first_serial": "1122333",
        "face_value_micros": "5.00",
        "initial_card_status": "inactive",
        "portal_login": "1",
        "notes": "for the fair",
        "activation_fee_micros": "1.00",
        "maintenance_fee_micros": "0.25",
        "maintenance_every_hours": "24",
        "expiry_date": "2027-12-31",
        "expiry_period_days": "90",
    }
    shown = text_of(owner.post(address, address, **typed))
    for told in ("5-001122333 … 5-001122334", "1 in ", "5.00 USD = 10.00 USD"):
        assert told in shown, told
    for _ in range(2):
        assert owner.post(address, address, **typed, confirmed="1").location == "/series/5/"
    with Session(engine) as session:
        series = session.scalars(select(CardSeries).where(CardSeries.number == 5)).one()
        assert (series.portal_login, series.notes) == (True, "for the fair")
        assert series.initial_card_status is CardStatus.INACTIVE
        assert (series.expiry_period_days, series.made_at) == (90, None)
        assert len(session.scalars(select(Job).where(Job.key == "5")).all()) == 1


def test_a_click_on_the_number_opens_the_cards(owner: Visitor) -> None:
    """JC-41, JC-42, JC-44, JC-47, JC-48: status, number, balance, the PIN masked."""
    assert '<a href="/series/1/">1 Telecard</a>' in owner.get("/series/").text
    page = owner.get("/series/1/").text
    assert [name for name in headings(page) if name in ("Status", "Number", "Balance", "PIN")] == [
        "Status",
        "Number",
        "Balance",
        "PIN",
    ]
    first = rows(page)[0]
    assert "○ pending" in first
    assert "1-005668240" in first
    assert "5.00 USD" in first
    assert "•••• •••• ••••" in first


def test_the_states_of_cards_are_words_beside_their_signs(owner: Visitor) -> None:
    """JC-43 to JC-46: those that the month of calls has left, and a filter for each."""
    activated = rows(owner.get("/series/1/?status=activated").text)
    assert activated
    assert {row[1] if "Select" in row[0] else row[0] for row in activated} == {"● activated"}
    for status in ("pending", "activated", "expired", "used", "inactive", "blocked"):
        assert owner.get(f"/series/1/?status={status}").status_code == 200


def test_five_neighbours_have_unrelated_pins_in_groups_of_four(owner: Visitor) -> None:
    """JC-49, JC-50: 1-005668240 to 1-005668244."""
    answer = owner.post("/series/1/files", "/series/1/export", form="csv")
    cards = list(csv.DictReader(io.StringIO(answer.text)))[:5]
    assert [card["Number"] for card in cards] == [f"1-00566824{last}" for last in range(5)]
    pins = [card["PIN"] for card in cards]
    assert all(re.fullmatch(r"\d{4} \d{4} \d{4}", pin) for pin in pins)
    for place, pin in enumerate(pins):
        for other in pins[place + 1 :]:
            assert sum(mine != theirs for mine, theirs in zip(pin, other, strict=True)) > 3, (pin, other)


def test_a_card_is_found_within_its_series(owner: Visitor) -> None:
    """JC-52: by its number, how that begins or a part of it, by status, balance and bound phone."""
    numbers = {row[2] if "Select" in row[0] else row[1] for row in rows(owner.get("/series/1/?q=1-00566824").text)}
    assert {"1-005668240", "1-005668249"} <= numbers
    assert all(number.startswith("1-00566824") for number in numbers)
    for criterion in ("status", "least", "most", "phone"):
        assert f'id="filter-{criterion}"' in owner.get("/series/1/").text, criterion
    assert rows(owner.get("/series/1/?least=5&most=5").text)
    assert "Nothing fits these filters." in text_of(owner.get("/series/1/?least=6"))


def test_a_card_is_found_within_its_series_by_a_part_of_its_number(
    owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JC-52: digits anywhere in series number and serial, with the other filters; what is too common is told."""
    page = text_of(owner.get("/series/1/?part=6824"))
    assert "1-005668240" in page
    assert "1-005668250" not in page
    assert "10 rows" in page
    assert "100 rows" in text_of(owner.get("/series/1/?part=1-0056"))
    assert "Nothing fits these filters." in text_of(owner.get("/series/1/?part=6824&least=6"))
    wrong = owner.get("/series/1/?part=68x")
    assert wrong.status_code == 400
    assert "A part of a card" in text_of(wrong)
    monkeypatch.setattr(filters, "PART_FOUND_MAX", 5)
    common = owner.get("/series/1/?part=6824")
    assert common.status_code == 400
    assert "More than 5 cards of the series hold 6824 in their number: give more digits." in text_of(common)
    assert owner.get("/cards/?part=6824").status_code == 400  # of one series only


def test_each_card_has_its_own_ledger_and_calls(owner: Visitor) -> None:
    """JC-2, JC-3: a card is a billing client, and its holder calls."""
    activated = rows(owner.get("/series/2/?status=activated").text)[0]
    number = next(cell for cell in activated if re.fullmatch(r"2-\d{9}", cell))
    page = text_of(owner.get(f"/cards/{number}"))
    assert "opening value — 5.00 USD" in page
    assert "activation fee" in page
    assert rows(owner.get(f"/cards/{number}/calls/").text)
    assert rows(owner.get(f"/cards/{number}/ledger/").text)


def test_the_terms_of_a_series_are_changed_and_its_facts_are_not(owner: Visitor) -> None:
    """JC-4, JC-53 to JC-59: number, balance and quantity are text; the login of holders is switched here."""
    page = owner.get("/series/1/edit")
    told = text_of(page)
    for tab in ("Cards list", "Edit cards series", "Calls", "Ledger", "Audit"):
        assert tab in told, tab
    assert "#1 Telecard [USD]" in told
    assert "Number 1 Balance 5.00 USD Quantity 100" in told
    for fixed in ("number", "face_value_micros", "quantity"):
        assert f'id="field-{fixed}"' not in page.text, fixed
    form = fields_of(page, "rate_table_id")
    shut = {name: value for name, value in form.items() if name != "portal_login"}  # the demo's holders may log in
    assert owner.post("/series/1/edit", "/series/1/edit", **shut).status_code == 302
    assert re.search(r'name="portal_login" value="1" >', owner.get("/series/1/edit").text)
    stale = owner.post("/series/1/edit", "/series/1/edit", **{**form, "name": "Mine"})
    assert stale.status_code == 409
    asked = owner.post("/series/1/edit", "/series/1/edit", **{**fields_of(owner.get("/series/1/edit"), "rate_table_id"),
                                                              "expiry_date": "2026-01-01"})  # fmt: skip
    assert "expire at once" in text_of(asked)
