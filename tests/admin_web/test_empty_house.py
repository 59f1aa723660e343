"""Every page of an installation in which nothing is yet, and of one whose database is away (console.md 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.orm import Session

from admin_web.access import now
from admin_web.app import create_app
from admin_web.lists.list_view import ConsoleList
from billing.rights import Role
from services.audit.audit import Actor, Door
from services.operators.save_operator import OperatorRole, create_operator
from services.operators.sessions import open_session
from services.store.settings import Settings
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.test_rights import OPEN, WHOEVER_IS_IN

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from sqlalchemy import Engine

FULL = {"audit", "operators"}  # the first owner stands in both
# They show one thing, and this address names none.
OF_ONE_THING = {"accountcalls.index_view", "accountledger.index_view", "accountaudit.index_view", "seriespage.go"}
NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def first_owner(app: Flask, engine: Engine) -> Visitor:
    """The only thing in the database."""
    with Session(engine) as session, session.begin():
        operator = create_operator(session, "owner", OperatorRole(Role.OWNER), Actor("tests", Door.CLI), now())
        token = open_session(session, operator.id, now())
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["token"] = token
    return Visitor(client, operator)


def plain(app: Flask, *, without: set[str]) -> list[str]:
    """The address of every page that names no thing."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or set()) and not rule.arguments and rule.endpoint not in without
    )


def test_every_page_of_an_empty_house_is_shown(app: Flask, first_owner: Visitor) -> None:
    pages = plain(app, without=OPEN | WHOEVER_IS_IN | OF_ONE_THING)
    assert len(pages) > 50
    states = {address: first_owner.get(address).status_code for address in pages}
    assert {address: state for address, state in states.items() if state not in (200, 302)} == {}


def test_every_empty_list_says_what_it_lacks_and_where_to_read_on(app: Flask, first_owner: Visitor) -> None:
    lists = [view for view in app.extensions["admin"][0]._views if isinstance(view, ConsoleList)]
    sentences: dict[str, list[str]] = {}
    with app.test_request_context():
        for view in lists:
            if view.endpoint not in FULL:
                sentences.setdefault(f"{view.url}/", []).append(str(view.empty_text))
    asked = set(sentences) & set(plain(app, without=OF_ONE_THING))
    assert len(asked) > 15
    for address in sorted(asked):
        text = text_of(first_owner.get(address))
        assert [one for one in sentences[address] if one in text], address  # a thing's page is below its list
        assert "How it works" in text, address


def test_every_page_without_a_database_says_so_and_offers_to_try_again(tmp_path: Path) -> None:
    away = create_app(Settings(state_dir=tmp_path, database_url=NOWHERE, _env_file=None))
    client = away.test_client()
    with client.session_transaction() as cookie:
        cookie["token"] = "that of a session"
    states = {address: client.get(address).status_code for address in plain(away, without={"sign_in.code"})}
    assert {address: state for address, state in states.items() if state != 503} == {}
    assert "The database does not answer" in client.get("/cards/").text
