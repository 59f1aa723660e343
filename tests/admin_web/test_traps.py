"""The traps of Flask-Admin (console.md 2.2), each avoided by every page and every view, and not only by those that were
thought of. D2 and D8 need a browser: browser/test_keys_and_forms.py, browser/test_every_page.py.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text

from admin_web.lists.list_view import PAGE_SIZES, ConsoleList
from billing.rights import Role
from services.keys.pin_keys import create_pin_keys
from services.series.create_series import create_series
from tests.admin_web.test_empty_house import OF_ONE_THING, plain
from tests.admin_web.test_rights import OPEN
from tests.factories import KEYS, NOW, World, a_series
from web_base.database import engines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

    from tests.admin_web.conftest import Visitor

HOUSE = Path(__file__).parents[2]
PAGE_BYTES_MAX = 100_000  # Flask-Admin's own has 175,000 for fifty rows
ELSEWHERE = re.compile(r'<(?:link|script|img|iframe|form)\b[^>]*\b(?:src|href|action)="(?:https?:)?//')
OLD_PARTS = re.compile(r"bootstrap|jquery|select2|x-editable|font-?awesome|moment(?:\.min)?\.js", re.IGNORECASE)


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


@pytest.fixture
def lists(app: Flask) -> list[ConsoleList]:
    return [view for view in app.extensions["admin"][0]._views if isinstance(view, ConsoleList)]


@pytest.fixture
def statements(app: Flask) -> Iterator[list[tuple[str, Any]]]:
    """What the console asks the database, with its values."""
    asked: list[tuple[str, Any]] = []

    def noted(_connection: object, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        asked.append((statement, values))

    for engine in engines(app):
        event.listen(engine, "before_cursor_execute", noted)
    yield asked
    for engine in engines(app):
        event.remove(engine, "before_cursor_execute", noted)


@pytest.fixture
def many(world: World) -> World:
    create_series(world.session, KEYS, a_series(world.group_id, world.rate_table_id, number=2, quantity=60), NOW)
    world.session.commit()
    return world


def test_flask_admin_is_given_no_session_and_languages_are_set_up(app: Flask) -> None:
    """A1 to A5: none descends from a view of Flask-Admin's that asks for rows by itself."""
    assert "babel" in app.extensions
    assert "sqlalchemy" not in app.extensions
    bases = {base for view in app.extensions["admin"][0]._views for base in type(view).__mro__}
    assert not [base for base in bases if base.__module__.startswith("flask_admin.contrib")]


def test_every_warning_is_an_error_and_wtforms_is_held(app: Flask) -> None:
    """A6: not even the two that Flask-Admin's newest release still gave are let through."""
    del app
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    assert project["tool"]["pytest"]["filterwarnings"] == ["error"]
    assert "wtforms>=3.3,<3.4" in (HOUSE / "setup.cfg").read_text()


def test_no_list_counts_or_skips_its_way_through_rows(
    app: Flask, many: World, owner: Visitor, lists: list[ConsoleList], statements: list[tuple[str, Any]]
) -> None:
    """B1, B2: no OFFSET (SQLite is always told one of 0), and no word looked for within another."""
    del many
    own = {f"{view.url}/" for view in lists} & set(plain(app, without=OF_ONE_THING))
    for address in sorted(own):
        for question in ("", "?last=1", "?q=44"):
            owner.get(address + question)
    assert len(statements) > len(own)
    for statement, values in statements:
        skipped = re.search(r"OFFSET (?!\?)", statement)
        assert skipped is None, statement
        asked = values.values() if isinstance(values, dict) else values
        assert not [value for value in asked if isinstance(value, str) and value.startswith("%")], statement


def test_a_page_of_fifty_cards_is_lean_and_money_can_be_compared(many: World, owner: Visitor) -> None:
    """B3, B9."""
    del many
    page = owner.get("/cards/")
    assert page.text.count("2-0000000") >= 40
    assert len(page.data) < PAGE_BYTES_MAX
    assert re.search(r'<td data-label="Balance" class="right">5\.00\sUSD</td>', page.text)


def test_a_list_opens_on_what_is_active_and_says_so(many: World, owner: Visitor) -> None:
    """B6: the chip takes the filter away."""
    many.set_series(status="stopped")
    many.session.commit()
    opened, whole = owner.get("/series/").text, owner.get("/series/?all=1").text
    assert ('href="/series/1/"' in opened, 'href="/series/1/"' in whole) == (False, True)
    assert 'href="/series/2/"' in opened
    assert "?all=1" in opened


def test_nobody_asks_for_more_rows_than_a_page_takes(many: World, owner: Visitor) -> None:
    """B7."""
    del many
    assert max(PAGE_SIZES) == 100
    for address in ("/cards/", "/cards/?size=100000000"):
        assert owner.get(address).text.count('data-label="Balance"') == 50, address


@pytest.mark.parametrize(
    "address", ["/cards/?after=nowhere", "/cards/1-999999999", "/cards/x", "/series/999/", "/calls/none", "/jobs/999"]
)
def test_what_does_not_exist_is_not_found(many: World, owner: Visitor, address: str) -> None:
    """B8: neither an empty list nor a way back to one."""
    del many
    page = owner.get(address)
    assert page.status_code == 404
    assert 'type="search"' in page.text


def test_no_list_has_forms_of_its_own(lists: list[ConsoleList]) -> None:
    """C4, C7: no row within a row, no window."""
    for view in lists:
        assert not any((view.create_modal, view.edit_modal, view.details_modal)), view
        assert not view.form_ajax_refs, view
        assert not getattr(view, "inline_models", None), view


def test_the_console_keeps_every_reference(app: Flask, world: World) -> None:
    """C6: SQLite keeps none unless it is told on each connection."""
    del world
    for engine in engines(app):
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_every_page_stands_on_files_and_marks_of_our_own(app: Flask, many: World, owner: Visitor) -> None:
    """D1, D3 to D7, D9: nothing from elsewhere or of Flask-Admin's old front end, no script within a page, and what a
    screen reader looks for.
    """
    del many
    create_pin_keys(app.config["SETTINGS"].keys_file)
    for address in plain(app, without=OPEN | OF_ONE_THING):
        with owner.get(address) as answer:
            if answer.mimetype != "text/html" or answer.status_code != 200:
                continue
            page = answer.text
        assert ELSEWHERE.search(page) is None, address
        assert OLD_PARTS.search(" ".join(re.findall(r"<(?:link|script)[^>]*>", page))) is None, address
        assert not [one for one in re.findall(r"<script[^>]*>", page) if "src=" not in one or "nonce=" not in one], (
            address
        )
        assert re.search(r"<[^>]+\son[a-z]+=", page) is None, address
        assert re.search(r'<html lang="en"', page), address
        assert (page.count("<h1"), page.count("<main")) == (1, 1), address
        icon = re.search(r'<link rel="icon"[^>]*href="([^"]+)"', page)
        assert icon is not None, address
    with owner.get(icon[1]) as found:
        assert found.status_code == 200
