"""What every list offers beside its rows: columns to choose, searches to keep, and its rows as a file."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_web.lists.list_view import ConsoleList
from billing.rights import Role
from models import AuditEntry
from tests.admin_web.conftest import Visitor, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from factories import World
    from flask import Flask
    from sqlalchemy import Engine


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def rows_of(owner: Visitor, address: str) -> list[dict[str, str]]:
    answer = owner.client.get(address, buffered=True)
    assert answer.status_code == 200, text_of(answer)
    return list(csv.DictReader(io.StringIO(answer.text)))


def headings(owner: Visitor, address: str) -> list[str]:
    table = owner.get(address).text.split("<thead>")[1].split("</thead>")[0]
    cells = re.findall(r"<th .*?</th>", table, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", cell).split("↑")[0].strip() for cell in cells]


def test_columns_are_chosen_and_links_keep_them(owner: Visitor, world: World) -> None:
    assert "Held" in headings(owner, "/cards/")
    chosen = "/cards/?columns=number&columns=balance"
    assert [name for name in headings(owner, chosen) if name not in ("", "Select all of this page")] == [
        "Number",
        "Balance",
    ]
    page = owner.get(chosen).text
    assert "sort=balance&amp;columns=number&amp;columns=balance" in page
    assert 'type="hidden" name="columns" value="balance"' in page
    assert owner.client.get("/cards/?columns=secret").status_code == 400
    del world


def test_the_column_that_leads_to_the_row_is_always_shown(owner: Visitor, world: World) -> None:
    assert "Number" in headings(owner, "/cards/?columns=balance")
    del world


def test_a_list_is_taken_as_a_file_with_its_filters(owner: Visitor, world: World, engine: Engine) -> None:
    rows = rows_of(owner, "/cards/?least=5&download=csv")
    assert [(row["Number"], row["Balance"], row["Currency"]) for row in rows] == [
        ("1-000000001", "5", "USD"),
        ("1-000000002", "5", "USD"),
    ]
    assert "PIN" not in rows[0]
    assert rows_of(owner, "/cards/?least=6&download=csv") == []
    sheet = owner.client.get("/series/?download=xlsx", buffered=True)
    cells = CalamineWorkbook.from_filelike(io.BytesIO(sheet.data)).get_sheet_by_index(0).to_python()
    assert cells[0][:3] == ["Status", "Series", "Balance"]
    assert cells[1][:4] == ["active", "1", 5.0, 2.0]
    with Session(engine) as session:
        noted = select(AuditEntry.object_id, AuditEntry.after).where(AuditEntry.act == "list.downloaded")
        first = session.execute(noted).first()
    assert first is not None
    assert (first.object_id, first.after["rows"], first.after["filters"]) == ("cards", 2, {"least": "5"})
    assert owner.client.get("/cards/?least=abc&download=csv").status_code == 400
    assert owner.client.get("/cards/?download=pdf").status_code == 400
    del world


def test_every_list_can_be_taken_as_a_file(app: Flask, owner: Visitor, world: World) -> None:
    lists = [view for view in app.extensions["admin"][0]._views if isinstance(view, ConsoleList)]
    asked = 0
    for view in lists:
        address = view.url + "/"
        if "<" in address or view.endpoint in ("seriespage", "ratelist") or address.startswith("/accounts/"):
            continue  # lists of one thing
        with owner.client.get(f"{address}?download=csv", buffered=True) as answer:
            assert answer.status_code == 200, (address, text_of(answer)[:300])
            assert answer.mimetype == "text/csv"
        asked += 1
    assert asked > 8
    del world


def test_an_operator_keeps_its_own_searches(owner: Visitor, signed_in: Callable[..., Visitor], world: World) -> None:
    address = "/cards/?status=blocked&columns=number"
    kept = owner.post("/cards/", "/searches/save", name="Lost  ones", list=address)
    assert kept.location == address
    assert "Lost ones" in text_of(owner.get("/cards/"))
    assert "Lost ones" not in text_of(owner.get("/series/"))
    assert "Lost ones" not in text_of(signed_in(Role.AUDITOR).get("/cards/"))
    nameless = owner.post("/cards/", "/searches/save", name=" ", list=address)
    assert "needs a name" in text_of(owner.get(nameless.location))
    away = owner.post("/cards/", "/searches/save", name="Away", list="https://elsewhere.example/cards/")
    assert away.location == "/"
    owner.post("/cards/", "/me/save", theme="dark", language="en")
    assert "Lost ones" in text_of(owner.get("/cards/"))
    owner.post("/cards/", "/searches/forget", name="Lost ones", list="/cards/")
    assert "Lost ones" not in text_of(owner.get("/cards/"))
    del world
