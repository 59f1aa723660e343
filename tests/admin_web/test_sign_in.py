"""Into the console and out of it: by the right password only, to pages of ours only, and never with an old session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from conftest import NOW
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.rights import Role
from models import Operator, OperatorSession
from services.audit.audit import Actor, Door
from services.operators.save_operator import OperatorRole, create_operator, disable_operator, set_password
from tests.admin_web.conftest import Visitor, token_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy import Engine

ME = Actor("tests", Door.CLI)
PASSWORD = "seven wet badgers"


@pytest.fixture
def visitor(app: Flask, engine: Engine) -> Visitor:
    with Session(engine) as session, session.begin():
        for name in ("Olga", "Second"):
            create_operator(session, name, OperatorRole(Role.OWNER), ME, NOW)
        set_password(session, "Olga", PASSWORD, ME, NOW)
    return Visitor(app.test_client())


def enter(visitor: Visitor, password: str = PASSWORD, *, address: str = "/sign-in") -> object:
    return visitor.post("/sign-in", address, name="olga", password=password)


def test_every_page_asks_a_visitor_to_sign_in_and_then_goes_on(visitor: Visitor) -> None:
    asked = visitor.get("/cards/?status=pending")
    assert asked.status_code == 302
    assert asked.location.startswith("/sign-in?next=")
    entered = enter(visitor, address=asked.location)
    assert (entered.status_code, entered.location) == (302, "/cards/?status=pending")
    assert visitor.get("/cards/?status=pending").status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(visitor: Visitor, elsewhere: str) -> None:
    entered = visitor.client.post(
        "/sign-in",
        query_string={"next": elsewhere},
        data={"csrf_token": token_of(visitor.get("/sign-in")), "name": "olga", "password": PASSWORD},
    )
    assert (entered.status_code, entered.location) == (302, "/")


def test_a_wrong_password_says_the_same_as_an_unknown_name(visitor: Visitor) -> None:
    wrong = enter(visitor, "seven dry badgers")
    unknown = visitor.post("/sign-in", "/sign-in", name="nobody", password=PASSWORD)
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    for page in (wrong, unknown):
        assert "The name or the password is not right." in page.text
        assert PASSWORD not in page.text
        assert "seven dry" not in page.text


def test_the_fifth_wrong_entry_of_an_address_makes_it_wait(visitor: Visitor) -> None:
    for _ in range(6):
        last = enter(visitor, "seven dry badgers")
    assert "Too many wrong entries came from here" in last.text
    assert enter(visitor).status_code == 401


def test_whoever_waits_is_told_until_when_by_address_and_not_by_name(visitor: Visitor) -> None:
    """console.md 11.2: a countdown; it is the address's own, so that it tells nothing of who exists."""
    assert "data-until" not in visitor.get("/sign-in").text
    for _ in range(6):
        known = enter(visitor, "seven dry badgers")
    unknown = visitor.post("/sign-in", "/sign-in", name="nobody", password=PASSWORD)
    for answer in (known, unknown, visitor.get("/sign-in")):
        assert re.search(r'data-until="\d{4}-[^"]+" data-over="You may try again now\."', answer.text)
        assert 0 < int(answer.headers["Retry-After"]) <= 86_400
    assert "Retry-After" not in visitor.client.get("/sign-in", environ_base={"REMOTE_ADDR": "192.0.2.7"}).headers


def test_the_door_says_how_a_lost_password_is_mended(visitor: Visitor) -> None:
    page = visitor.get("/sign-in").text
    assert "callingcard operator password" in page
    assert "callingcard operator reset-2fa" in page


def test_a_form_without_its_token_is_refused(visitor: Visitor) -> None:
    refused = visitor.client.post("/sign-in", data={"name": "olga", "password": PASSWORD})
    assert refused.status_code == 400
    assert visitor.get("/").status_code == 302


def test_signing_in_leaves_nothing_of_the_session_before(visitor: Visitor, engine: Engine) -> None:
    """F38: session fixation."""
    with visitor.client.session_transaction() as cookie:
        cookie["token"] = "planted"
        cookie["theirs"] = "planted"
    enter(visitor)
    with visitor.client.session_transaction() as cookie:
        assert set(cookie) <= {"token", "csrf"}
        assert cookie["token"] != "planted"
    with Session(engine) as session:
        assert len(session.scalars(select(OperatorSession)).all()) == 1


def test_signing_out_ends_the_session_for_good(visitor: Visitor) -> None:
    enter(visitor)
    with visitor.client.session_transaction() as cookie:
        token = cookie["token"]
    assert visitor.post("/", "/sign-out").location == "/sign-in"
    with visitor.client.session_transaction() as cookie:
        cookie["token"] = token  # the cookie of before, kept by somebody
    assert visitor.get("/").status_code == 302


def test_who_is_disabled_is_out_at_the_next_page(visitor: Visitor, engine: Engine) -> None:
    enter(visitor)
    assert visitor.get("/").status_code == 200
    with Session(engine) as session, session.begin():
        disable_operator(session, "Olga", ME, NOW)
    assert visitor.get("/").status_code == 302


def test_language_and_theme_are_the_operators_own(visitor: Visitor, engine: Engine) -> None:
    enter(visitor)
    visitor.post("/", "/me/save", theme="dark", language="es")
    page = visitor.get("/")
    assert '<html lang="es" data-theme="dark"' in page.text
    visitor.post("/", "/me/save", theme="purple", language="xx")
    assert '<html lang="es" data-theme="auto"' in visitor.get("/").text
    with Session(engine) as session:
        assert session.scalars(select(Operator.language).where(Operator.name == "Olga")).one() == "es"


def test_the_cookie_is_for_the_browser_only(visitor: Visitor) -> None:
    cookie = enter(visitor).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_every_page_carries_its_headers(visitor: Visitor, signed_in: Callable[..., Visitor]) -> None:
    del signed_in
    for address in ("/sign-in", "/nowhere", "/static/console.css"):
        with visitor.get(address) as page:
            headers = page.headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
    first, second = (visitor.get("/sign-in").headers["Content-Security-Policy"] for _ in range(2))
    assert first != second
    assert visitor.get("/sign-in").headers["Cache-Control"] == "no-store"
