"""The console on a small world: an application on each kind of database, and visitors who are signed in."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
from account_world import AccountWorld, an_account_world
from click.testing import CliRunner
from databases import as_role
from factories import World, a_world
from sqlalchemy.orm import Session

from admin_web.access import now
from admin_web.app import create_app
from billing.rights import Role
from command_line import worker
from command_line.__main__ import main
from models import Distributor, Reseller
from services.audit.audit import Actor, Door
from services.operators.save_operator import OperatorRole, create_operator
from services.operators.sessions import open_session
from services.store.database_rights import Program
from services.store.settings import Settings
from web_base.database import engines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

    from services.operators.operator_facts import OperatorFacts

WHOSE = {Role.RESELLER: "Reseller 1", Role.DISTRIBUTOR: "Kiosk"}


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """On PostgreSQL by the console's own role, so that every page shows what rights it needs."""
    url = as_role(database_url, Program.CONSOLE)
    made = create_app(Settings(state_dir=tmp_path, database_url=url, _env_file=None))
    made.testing = True
    yield made
    for engine in engines(made):
        engine.dispose()


@pytest.fixture
def world(engine: Engine, app: Flask) -> Iterator[World]:
    """Committed, so that the console sees it."""
    del app
    with Session(engine, autoflush=False) as session:
        made = a_world(session)
        session.add_all([Reseller(name="Reseller 1"), Distributor(name="Kiosk")])
        session.commit()
        yield made


@pytest.fixture
def trade(world: World) -> AccountWorld:
    """Two clients with tables and a plan to choose from."""
    made = an_account_world(world.session)
    world.session.commit()
    return made


class Visitor:
    """A browser without a screen: pages by their address, forms by their names."""

    def __init__(self, client: FlaskClient, operator: OperatorFacts | None = None) -> None:
        self.client = client
        self.operator = operator

    def get(self, address: str) -> TestResponse:
        return self.client.get(address)

    def post(self, page: str, address: str, **fields: object) -> TestResponse:
        """Send the form of a page, with the token that this page gave."""
        data = {"csrf_token": token_of(self.get(page)), **fields}
        return self.client.post(address, data=data, buffered=True)


def token_of(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, page.text[:2000]
    return found[1]


def text_of(page: TestResponse) -> str:
    """What is to be read on it, without marks and with single blanks."""
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", page.text, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


@pytest.fixture
def signed_in(app: Flask, engine: Engine, world: World) -> Callable[..., Visitor]:
    """A visitor of a role; the session is opened by the service that signing in uses."""
    del world

    def visitor(role: Role = Role.OWNER) -> Visitor:
        with Session(engine) as session, session.begin():
            me = Actor("tests", Door.CLI)
            operator = create_operator(session, role.value, OperatorRole(role, WHOSE.get(role)), me, now())
            token = open_session(session, operator.id, now())
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["token"] = token
        return Visitor(client, operator)

    return visitor


@pytest.fixture
def work(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """`callingcard worker --once`, by the worker's own role."""
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", as_role(database_url, Program.WORKER))
    monkeypatch.setattr(worker, "set_up_logs", lambda: None)  # this process is that of other tests, too
    monkeypatch.setattr(worker, "leave_no_core", lambda: None)

    def once() -> None:
        done = CliRunner().invoke(main, ["worker", "--once"])
        assert done.exit_code == 0, f"{done.output} {done.exception}"

    return once
