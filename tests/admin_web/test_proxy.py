"""The console behind a proxy: under a path of its own, by https only, believing no proxy that it was not told of."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import NOW
from sqlalchemy.orm import Session

from admin_web.app import create_app
from billing.rights import Role
from services.audit.audit import Actor, Door
from services.operators.save_operator import OperatorRole, create_operator, set_password
from services.store.settings import Settings
from tests.admin_web.conftest import token_of
from web_base.database import engines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient
    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

ME = Actor("tests", Door.CLI)
PASSWORD = "seven wet badgers"
FORWARDED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "tel.example.com",
    "X-Forwarded-Prefix": "/cards-console",
}


@pytest.fixture
def client(database_url: str, engine: Engine, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[FlaskClient]:
    proxies, is_https = getattr(request, "param", (1, True))
    settings = {"console_proxies": proxies, "console_https": is_https}
    app = create_app(Settings(state_dir=tmp_path, database_url=database_url, **settings, _env_file=None))
    app.testing = True
    with Session(engine) as session, session.begin():
        create_operator(session, "Olga", OperatorRole(Role.OWNER), ME, NOW)
        set_password(session, "Olga", PASSWORD, ME, NOW)
    yield app.test_client()
    for used in engines(app):
        used.dispose()


def keep_cookie(client: FlaskClient, answer: TestResponse) -> None:
    """The test's client asks without the path that the proxy takes off; a browser asks with it and sends the cookie."""
    (told,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert told["path"] == "/cards-console"
    client.set_cookie(told.key, told.value, domain="tel.example.com")


def test_every_address_lies_under_the_path_of_the_proxy(client: FlaskClient) -> None:
    asked = client.get("/cards/?status=pending", headers=FORWARDED)
    assert asked.location.startswith("/cards-console/sign-in?next=")
    wanted = parse_qs(urlsplit(asked.location).query)["next"][0]
    assert wanted == "/cards-console/cards/?status=pending"
    form = client.get("/sign-in", headers=FORWARDED, base_url="https://tel.example.com")
    keep_cookie(client, form)
    entered = client.post(
        "/sign-in",
        query_string={"next": wanted},
        headers={**FORWARDED, "Referer": "https://tel.example.com/cards-console/sign-in"},
        base_url="https://tel.example.com",
        data={"csrf_token": token_of(form), "name": "olga", "password": PASSWORD},
    )
    assert (entered.status_code, entered.location) == (302, wanted)
    keep_cookie(client, entered)
    page = client.get("/cards/?status=pending", headers=FORWARDED, base_url="https://tel.example.com")
    assert page.status_code == 200
    addresses = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
    assert len(addresses) > 20
    assert [address for address in addresses if not address.startswith("/cards-console/")] == []


def test_the_cookie_travels_by_https_only(client: FlaskClient) -> None:
    form = client.get("/sign-in", headers=FORWARDED)
    cookie = form.headers["Set-Cookie"]
    for mark in ("Secure", "HttpOnly", "SameSite=Lax"):
        assert mark in cookie
    assert form.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/sign-in").headers  # asked in clear, it is not ours to say


@pytest.mark.parametrize("client", [(0, False)], indirect=True)
def test_headers_of_nobodys_proxy_are_not_believed(client: FlaskClient) -> None:
    asked = client.get("/cards/", headers=FORWARDED)
    assert asked.location.startswith("/sign-in?next=")
    assert "tel.example.com" not in asked.location
