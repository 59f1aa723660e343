"""The console under gunicorn behind a proxy's path, as docs/console.md tells it: lists, files, live calls."""

from __future__ import annotations

import csv
import http.client
import re
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from factories import a_world
from sqlalchemy.orm import Session

from admin_web.access import now
from billing.rights import Role
from models.database import make_engine
from services.audit.audit import Actor, Door
from services.operators.save_operator import OperatorRole, create_operator, set_password
from tests.admin_web.gunicorn_served import free_port, gunicorn_served
from tests.admin_web.path_proxy import path_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.databases import SqliteDatabases

PATH, HOST = "/console", "tel.example.com"
PASSWORD = "seven wet badgers"
ME = Actor("tests", Door.CLI)


@dataclass
class Outside:
    """Who sees the proxy alone, by https as far as it can tell."""

    port: int
    lines: ExitStack
    cookie: str = ""
    seen: list[SimpleCookie] = field(default_factory=list)

    def ask(self, address: str, **fields: str) -> http.client.HTTPResponse:
        line = self.lines.enter_context(closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)))
        headers = {"Host": HOST, "Cookie": self.cookie, "Referer": f"https://{HOST}{address}"}
        headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        line.request("POST" if fields else "GET", address, urlencode(fields) if fields else None, headers)
        answer = line.getresponse()
        if given := answer.getheader("Set-Cookie"):
            self.seen.append(SimpleCookie(given))
            self.cookie = given.split(";")[0]
        return answer

    def page(self, address: str, **fields: str) -> str:
        return self.ask(address, **fields).read().decode()

    def sign_in(self) -> http.client.HTTPResponse:
        door = f"{PATH}/sign-in?next={PATH}/cards/"
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.page(door))
        assert token
        return self.ask(door, csrf_token=token[1], name="olga", password=PASSWORD)


@pytest.fixture
def console(sqlite_databases: SqliteDatabases, tmp_path: Path) -> Iterator[int]:
    """Its port: gunicorn, told of one proxy and of https."""
    url = sqlite_databases.create()
    engine = make_engine(url)
    with Session(engine, autoflush=False) as session, session.begin():
        a_world(session)
        create_operator(session, "Olga", OperatorRole(Role.OWNER), ME, now())
        set_password(session, "Olga", PASSWORD, ME, now())
    engine.dispose()
    port = free_port()
    settings = {"STATE_DIR": tmp_path, "DATABASE_URL": url, "CONSOLE_PORT": port, "CONSOLE_WORKERS": 1}
    with gunicorn_served({**settings, "CONSOLE_PROXIES": 1, "CONSOLE_HTTPS": "true"}):
        yield port


@pytest.fixture
def outside(console: int) -> Iterator[Outside]:
    with path_proxy(console, PATH, HOST) as port, ExitStack() as lines:
        yield Outside(port, lines)


def test_the_console_works_below_the_path(outside: Outside) -> None:
    """Every redirect, address and file lies below it; the cookie stays there, and travels by https only."""
    asked = outside.ask(f"{PATH}/cards/?status=pending")
    assert asked.getheader("Location", "").startswith(f"{PATH}/sign-in?next={PATH}/cards/")
    entered = outside.sign_in()
    assert (entered.status, entered.getheader("Location")) == (302, f"{PATH}/cards/")
    for cookie in outside.seen:
        told = cookie["callingcard_console"]
        assert (told["path"], told["samesite"]) == (PATH, "Lax")
        assert all((told["secure"], told["httponly"]))
    shown = outside.ask(f"{PATH}/cards/?status=pending")
    assert shown.getheader("Strict-Transport-Security") == "max-age=31536000"
    page = shown.read().decode()
    addresses = re.findall(r'(?:href|src|action)="(/[^"]*)"', page)
    assert len(addresses) > 20
    assert [address for address in addresses if not address.startswith(f"{PATH}/")] == []
    script = next(address for address in addresses if address.endswith(".js") or ".js?" in address)
    assert outside.ask(script).status == 200
    cards = list(csv.DictReader(outside.page(f"{PATH}/cards/?download=csv").lstrip("\ufeff").splitlines()))
    assert [card["Number"] for card in cards] == ["1-000000001", "1-000000002"]
    assert outside.ask("/cards/").status == 404


def test_an_act_leads_back_below_the_path_and_signing_out_ends_it(outside: Outside) -> None:
    outside.sign_in()
    page = outside.page(f"{PATH}/series/1/")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    stopped = outside.ask(f"{PATH}/series/1/state", csrf_token=token[1], act="stop")
    assert (stopped.status, stopped.getheader("Location")) == (302, f"{PATH}/series/1/")
    assert "stopped" in outside.page(f"{PATH}/series/1/")
    left = outside.ask(f"{PATH}/sign-out", csrf_token=token[1])
    assert (left.status, left.getheader("Location")) == (302, f"{PATH}/sign-in")
    assert outside.ask(f"{PATH}/cards/").status == 302


def test_news_of_live_calls_pass_the_proxy_while_the_stream_is_open(outside: Outside) -> None:
    """nginx keeps an answer back until it is whole unless the answer says otherwise."""
    outside.sign_in()
    stream = outside.ask(f"{PATH}/live/stream")
    assert (stream.status, stream.getheader("X-Accel-Buffering")) == (200, "no")
    assert stream.getheader("Content-Length") is None
    told = stream.readline()
    assert told.startswith(b"retry:")
    while not told.startswith(b"data:"):
        told = stream.readline()
