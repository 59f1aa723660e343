"""Security keys at the console: pages and forms on each database, with a key made of code in place of a browser's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from conftest import NOW
from factories import KEYS
from soft_key import SoftKey
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_web.access import now
from admin_web.app import create_app
from billing.rights import Role
from models import AuditEntry, Operator, OperatorPasskey, OperatorSession
from services.audit.audit import Actor, Door
from services.keys.key_file import replace_pin_keys
from services.operators.save_operator import OperatorRole, create_operator, set_password
from services.store.settings import Settings
from tests.admin_web.conftest import Visitor, text_of, token_of
from web_base.database import engines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

ME = Actor("tests", Door.CLI)
PASSWORD = "seven wet badgers"
BEHIND = "https://tel.example.com/console"


@pytest.fixture(params=["", BEHIND], ids=["on this machine", "behind a path"])
def place(request: pytest.FixtureRequest) -> str:
    address: str = request.param
    return address


@pytest.fixture
def strict(database_url: str, tmp_path: Path, place: str) -> Iterator[Flask]:
    """An installation where finance must have a second factor."""
    options = {"console_second_factor_roles": "finance", "console_url": place}
    made = create_app(Settings(state_dir=tmp_path, database_url=database_url, _env_file=None, **options))
    yield made
    for used in engines(made):
        used.dispose()


@pytest.fixture
def visitor(strict: Flask, engine: Engine, tmp_path: Path) -> Visitor:
    replace_pin_keys(tmp_path / "keys.json", KEYS)
    with Session(engine) as session, session.begin():
        for name, role in (("Olga", Role.OWNER), ("Fina", Role.FINANCE)):
            create_operator(session, name, OperatorRole(role), ME, NOW)
            set_password(session, name, PASSWORD, ME, NOW)
    return Visitor(strict.test_client())


@pytest.fixture
def key(place: str) -> SoftKey:
    """Its browser is on the address that the installation told: without the path."""
    return SoftKey("https://tel.example.com" if place else "http://localhost:8080")


def enter(visitor: Visitor, name: str = "olga") -> TestResponse:
    return visitor.post("/sign-in", "/sign-in", name=name, password=PASSWORD)


def register(visitor: Visitor, key: SoftKey, name: str = "blue") -> TestResponse:
    asked = visitor.post("/me/keys/new", "/me/keys/ask")
    assert asked.mimetype == "application/json"
    return visitor.post("/me/keys/new", "/me/keys/new", name=name, answer=key.create(asked.text))


def answer(visitor: Visitor, key: SoftKey) -> TestResponse:
    asked = visitor.post("/sign-in/code", "/sign-in/key")
    return visitor.post("/sign-in/code", "/sign-in/code", answer=key.get(asked.text))


def test_a_key_is_registered_lets_in_and_the_door_asks_for_it(visitor: Visitor, key: SoftKey) -> None:
    enter(visitor)
    codes = register(visitor, key)
    assert codes.status_code == 200
    assert "asks for your security key from now on" in text_of(codes)
    visitor.post("/me/", "/sign-out")
    asked = visitor.post("/sign-in", "/sign-in?next=/cards/", name="olga", password=PASSWORD)
    assert asked.location == "/sign-in/code?next=/cards/"
    assert visitor.get("/cards/").status_code == 302
    page = visitor.get("/sign-in/code")
    assert f'data-origin="{key.origin}"' in page.text
    assert "One of your recovery codes." in text_of(page)
    assert answer(visitor, key).location == "/"
    assert "blue" in text_of(visitor.get("/me/"))


def test_a_key_of_another_address_is_refused_at_the_door(visitor: Visitor, key: SoftKey) -> None:
    enter(visitor)
    register(visitor, key)
    visitor.post("/me/", "/sign-out")
    enter(visitor)
    key.origin = "https://tel.example.org"
    refused = answer(visitor, key)
    assert refused.status_code == 401
    assert "The security key was not accepted" in text_of(refused)


def test_nobody_is_asked_who_has_not_entered_the_password(visitor: Visitor, key: SoftKey) -> None:
    assert visitor.post("/sign-in", "/sign-in/key").status_code == 400
    assert visitor.client.post("/prove/key").status_code == 401
    enter(visitor)
    register(visitor, key)
    visitor.post("/me/", "/sign-out")
    enter(visitor)
    assert visitor.client.post("/sign-in/key").status_code == 400, "without the token of a page"


def test_before_secrets_the_key_is_asked_with_the_password(visitor: Visitor, key: SoftKey, engine: Engine) -> None:
    enter(visitor)
    register(visitor, key)
    grow_old(engine)
    for path in ("/me/keys/new", "/me/keys/1", "/me/password"):
        assert visitor.get(path).location == f"/prove?next={path}"
    asked = visitor.post("/prove", "/prove/key")
    wrong = visitor.post("/prove", "/prove?next=/me/", password="wrong", answer=key.get(asked.text))
    assert wrong.status_code == 401
    assert visitor.post("/prove", "/prove?next=/me/", password=PASSWORD, answer="{}").status_code == 401
    asked = visitor.post("/prove", "/prove/key")
    proved = visitor.post("/prove", "/prove?next=/me/", password=PASSWORD, answer=key.get(asked.text))
    assert proved.location == "/me/"
    assert visitor.get("/me/keys/new").status_code == 200


def grow_old(engine: Engine) -> None:
    """The password was entered long ago."""
    with Session(engine) as session, session.begin():
        session.execute(update(OperatorSession).values(proved_at=now() - timedelta(hours=1)))


def test_acts_on_keys_need_a_fresh_password_and_the_token_of_a_page(
    visitor: Visitor, key: SoftKey, engine: Engine
) -> None:
    enter(visitor)
    register(visitor, key)
    key_id = own_key(engine)
    assert visitor.client.post(f"/me/keys/{key_id}", data={"act": "remove"}).status_code == 400
    token = token_of(visitor.get(f"/me/keys/{key_id}"))
    grow_old(engine)
    for path, fields in ((f"/me/keys/{key_id}", {"act": "remove"}), ("/me/keys/ask", {}), ("/me/keys/new", {})):
        asked = visitor.client.post(path, data={"csrf_token": token, **fields})
        assert asked.location.startswith("/prove?next=/me/keys/"), path
    assert own_key(engine) == key_id


def own_key(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalars(select(OperatorPasskey.id)).one()


def test_a_key_of_another_operator_is_as_unknown_as_none(visitor: Visitor, key: SoftKey, engine: Engine) -> None:
    enter(visitor)
    register(visitor, key)
    key_id = own_key(engine)
    visitor.post("/me/", "/sign-out")
    enter(visitor, "fina")
    register(visitor, SoftKey(key.origin), "mine")
    for gone in (key_id, 999):
        assert visitor.get(f"/me/keys/{gone}").status_code == 404
        assert visitor.post("/me/", f"/me/keys/{gone}", act="remove").status_code == 404


def test_a_role_that_must_have_a_factor_comes_in_by_a_key_and_keeps_its_last(
    visitor: Visitor, key: SoftKey, engine: Engine
) -> None:
    enter(visitor, "fina")
    assert visitor.get("/").location == "/me/factor"
    assert "/me/keys/new" in visitor.get("/me/factor").text
    register(visitor, key)
    assert visitor.get("/").status_code == 200
    key_id = own_key(engine)
    assert "this is your only one" in text_of(visitor.get(f"/me/keys/{key_id}"))
    visitor.post("/me/", f"/me/keys/{key_id}", act="remove")
    assert "set up another one before you remove this one" in text_of(visitor.get(f"/me/keys/{key_id}"))
    register(visitor, SoftKey(key.origin), "red")
    visitor.post("/me/", f"/me/keys/{key_id}", act="rename", name="navy")
    assert "navy" in text_of(visitor.get("/me/"))
    visitor.post("/me/", f"/me/keys/{key_id}", act="remove")
    assert "navy lets nobody in any more" in text_of(visitor.get("/me/"))
    assert "navy" not in text_of(visitor.get("/me/"))


def test_an_owner_takes_all_keys_from_another_and_the_log_knows(visitor: Visitor, key: SoftKey, engine: Engine) -> None:
    enter(visitor, "fina")
    register(visitor, key)
    visitor.post("/me/", "/sign-out")
    enter(visitor)
    with Session(engine) as session:
        fina = session.scalars(select(Operator.id).where(Operator.name == "Fina")).one()
    assert "Security keys: blue" in text_of(visitor.get(f"/operators/{fina}"))
    visitor.post(f"/operators/{fina}", f"/operators/{fina}/act", act="factor")
    assert "The second factor of Fina is off." in text_of(visitor.get(f"/operators/{fina}"))
    with Session(engine) as session:
        assert not session.scalars(select(OperatorPasskey.id)).all()
        acts = session.execute(select(AuditEntry.act, AuditEntry.actor, AuditEntry.object_id)).all()
    assert ("security key added", "Fina", "Fina") in acts
    assert ("second factor switched off", "Olga", "Fina") in acts


@pytest.mark.parametrize(
    "address",
    ["tel.example.com", "ftp://tel.example.com", "https://", "https://198.51.100.1", "http://tel.example.com"],
)
def test_an_address_for_which_no_browser_makes_keys_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(ValueError, match=r"CALLINGCARD_CONSOLE_URL|console_url"):
        Settings(console_url=address, _env_file=None)
