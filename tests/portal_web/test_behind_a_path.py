"""The portal as its own program serves it, by gunicorn, behind a proxy that shows it by https under a path."""

from __future__ import annotations

import http.client
import re
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from factories import KEYS, a_world
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CardSession
from models.database import make_engine
from services.keys.key_file import replace_pin_keys
from tests.admin_web.gunicorn_served import free_port, gunicorn_served
from tests.admin_web.path_proxy import path_proxy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import SqliteDatabases

HOST, PATH = "cards.example.com", "/my-card"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: str


def ask(port: int, path: str, cookie: str = "", form: dict[str, str] | None = None) -> Answer:
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        line.request("GET" if form is None else "POST", path, urlencode(form) if form else None, headers)
        with line.getresponse() as answer:
            return Answer(answer.status, answer.headers, answer.read().decode())


def test_a_holder_logs_in_under_the_path_and_the_cookie_stays_there(
    sqlite_databases: SqliteDatabases, tmp_path: Path
) -> None:
    url, port = sqlite_databases.create(), free_port()
    engine = make_engine(url)
    with Session(engine, autoflush=False) as session, session.begin():
        card = a_world(session, series={"portal_login": True}).cards[0]
    replace_pin_keys(tmp_path / "keys.json", KEYS)
    settings = {"STATE_DIR": tmp_path, "DATABASE_URL": url, "PORTAL_PORT": port, "PORTAL_WORKERS": 1}
    trusted = {"PORTAL_PROXIES": 1, "PORTAL_HTTPS": True}
    with gunicorn_served({**settings, **trusted}, "portal_web"), path_proxy(port, PATH, HOST) as shown:
        page = ask(shown, f"{PATH}/log-in")
        cookie, addresses = cookie_of(page), addresses_of(page)
        assert addresses
        assert [one for one in addresses if not one.startswith(f"{PATH}/")] == []
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.body)
        assert token is not None
        form = {"csrf_token": token[1], "number": card.number, "pin": card.pin}
        entered = ask(shown, f"{PATH}/log-in", cookie, form)
        assert (entered.status, entered.headers["Location"]) == (302, f"{PATH}/")
        home = ask(shown, f"{PATH}/", cookie_of(entered))
        assert card.number in home.body
        assert home.headers["Strict-Transport-Security"] == "max-age=31536000"
    with closing(Session(engine)) as session:
        assert session.scalars(select(CardSession.address)).one() == "203.0.113.9"
    engine.dispose()


def cookie_of(answer: Answer) -> str:
    told = answer.headers["Set-Cookie"]
    for mark in ("Secure", "HttpOnly", f"Path={PATH}"):
        assert mark in told
    return str(told).partition(";")[0]


def addresses_of(page: Answer) -> list[str]:
    return re.findall(r'(?:href|src|action)="(/[^"]*)"', page.body)
