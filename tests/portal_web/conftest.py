"""The portal on a small world: an application on each kind of database, by its own role, and holders before it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from databases import as_role
from factories import KEYS, World, a_world
from sqlalchemy.orm import Session

from billing.states import CardType
from portal_web.app import create_app
from services.keys.key_file import replace_pin_keys
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

SUPPORT = "+1 800 555 0199"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """On PostgreSQL by the portal's own role, so that every page shows what rights it needs."""
    replace_pin_keys(tmp_path / "keys.json", KEYS)
    url = as_role(database_url, Program.PORTAL)
    return Settings(state_dir=tmp_path, database_url=url, portal_support=SUPPORT, _env_file=None)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    made = create_app(settings)
    made.testing = True
    yield made
    for engine in engines(made):
        engine.dispose()


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    """Two cards whose series has the portal; committed, so that the portal sees them."""
    with Session(engine, autoflush=False) as session:
        group = {"card_type": CardType.RECHARGEABLE, "pinless_allowed": True}
        made = a_world(session, group=group, series={"portal_login": True})
        session.commit()
        yield made


@dataclass
class Holder:
    """A browser without a screen: pages by their address, forms by their names."""

    client: FlaskClient
    address: str = "192.0.2.1"

    def get(self, page: str) -> TestResponse:
        return self.client.get(page, environ_base={"REMOTE_ADDR": self.address})

    def post(self, page: str, address: str, **fields: object) -> TestResponse:
        """Send the form of a page, with the token that this page gave."""
        return self.send(address, csrf_token=token_of(self.get(page)), **fields)

    def send(self, address: str, **fields: object) -> TestResponse:
        return self.client.post(address, data=fields, environ_base={"REMOTE_ADDR": self.address})

    def log_in(self, number: str, pin: str) -> TestResponse:
        return self.post("/log-in", "/log-in", number=number, pin=pin)


@pytest.fixture
def visitor(app: Flask, world: World) -> Callable[..., Holder]:
    """Somebody who has not logged in; each has a browser of its own."""
    del world
    return lambda address="192.0.2.1": Holder(app.test_client(), address)


@pytest.fixture
def holder(visitor: Callable[..., Holder], world: World) -> Holder:
    """The first card's, logged in."""
    made = visitor()
    assert made.log_in(world.cards[0].number, world.cards[0].pin).status_code == 302
    return made


def token_of(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, page.text[:2000]
    return found[1]


def text_of(page: TestResponse) -> str:
    """What is to be read on it, without marks and with single blanks."""
    text = re.sub(r"<(script|style|svg)[^>]*>.*?</\1>", " ", page.text, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))
