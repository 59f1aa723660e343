"""The second factor at the console: set up, asked for at the door and before secrets, good once, and lost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest
from conftest import NOW
from factories import KEYS
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_web.access import now
from admin_web.app import create_app
from admin_web.entrance import second_step
from billing.rights import Role
from models import AuditEntry, Operator, OperatorSession
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


@pytest.fixture
def visitor(app: Flask, engine: Engine, tmp_path: Path) -> Visitor:
    replace_pin_keys(tmp_path / "keys.json", KEYS)
    with Session(engine) as session, session.begin():
        for name in ("Olga", "Second"):
            create_operator(session, name, OperatorRole(Role.OWNER), ME, NOW)
            set_password(session, name, PASSWORD, ME, NOW)
    return Visitor(app.test_client())


def enter(visitor: Visitor, name: str = "olga") -> TestResponse:
    return visitor.post("/sign-in", "/sign-in", name=name, password=PASSWORD)


def enrolled(visitor: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """Set up as an operator does: the key is read from the page, the code made by another program's rules."""
    page = visitor.get("/me/factor")
    totp = pyotp.TOTP("".join(re.findall(r"<code>([A-Z2-7]{4})</code>", page.text)))
    sealed = re.search(r'name="enrolment" value="([^"]+)"', page.text)
    assert sealed
    assert "<svg" in page.text
    fields = {"csrf_token": token_of(page), "enrolment": sealed[1], "code": code_of(totp, -1)}
    done = visitor.client.post("/me/factor", data=fields)
    assert done.status_code == 200, text_of(done)
    return totp, re.findall(r"<li><code>([-A-Z0-9]+)</code>", done.text)


def code_of(totp: pyotp.TOTP, steps: int = 0) -> str:
    return totp.at(now() + timedelta(seconds=30 * steps))


def send_code(visitor: Visitor, code: str) -> TestResponse:
    return visitor.post("/sign-in/code", "/sign-in/code", code=code)


@pytest.fixture
def lost(visitor: Visitor) -> tuple[Visitor, pyotp.TOTP, list[str]]:
    """Olga has a second factor and is at the door."""
    enter(visitor)
    totp, codes = enrolled(visitor)
    visitor.post("/me/", "/sign-out")
    return visitor, totp, codes


def test_signing_in_asks_for_the_code_and_takes_it_once(
    lost: tuple[Visitor, pyotp.TOTP, list[str]], engine: Engine
) -> None:
    visitor, totp, codes = lost
    assert len(set(codes)) == 10
    asked = visitor.post("/sign-in", "/sign-in?next=/cards/", name="olga", password=PASSWORD)
    assert asked.location == "/sign-in/code?next=/cards/"
    assert visitor.get("/cards/").status_code == 302  # the password alone opens nothing
    code = code_of(totp)
    entered = visitor.post("/sign-in/code", asked.location, code=f"{code[:3]} {code[3:]}")
    assert entered.location == "/cards/"
    assert visitor.get("/cards/").status_code == 200
    visitor.post("/cards/", "/sign-out")
    enter(visitor)
    again = send_code(visitor, code)
    assert again.status_code == 401
    assert "a code is good once" in text_of(again)
    with Session(engine) as session:
        olga = session.scalars(select(Operator).where(Operator.name == "Olga")).one()
        stored = [*olga.recovery_codes, str(olga.totp_sealed)]
    assert not [code for code in codes if code in stored or code.replace("-", "") in stored]
    assert totp.secret not in str(stored)


def test_a_recovery_code_lets_in_once_however_it_is_typed(lost: tuple[Visitor, pyotp.TOTP, list[str]]) -> None:
    visitor, _, codes = lost
    enter(visitor)
    assert send_code(visitor, codes[3].lower().replace("-", " ")).location == "/"
    assert "Recovery codes left: 9 of 10." in text_of(visitor.get("/me/"))
    visitor.post("/me/", "/sign-out")
    enter(visitor)
    assert send_code(visitor, codes[3]).status_code == 401
    assert send_code(visitor, codes[4]).location == "/"


def test_new_recovery_codes_replace_the_old_ones(lost: tuple[Visitor, pyotp.TOTP, list[str]]) -> None:
    visitor, totp, codes = lost
    enter(visitor)
    send_code(visitor, code_of(totp))
    drawn = visitor.post("/me/", "/me/codes")
    new = re.findall(r"<li><code>([-A-Z0-9]+)</code>", drawn.text)
    assert len(new) == 10
    assert not set(new) & set(codes)
    visitor.post("/me/", "/sign-out")
    enter(visitor)
    assert send_code(visitor, codes[0]).status_code == 401
    assert send_code(visitor, new[0]).status_code == 302


def test_wrong_codes_lock_the_operator_and_the_right_password_forgives_none(
    lost: tuple[Visitor, pyotp.TOTP, list[str]], engine: Engine
) -> None:
    """Whoever has the password could else try codes without end: each attempt from an address of its own."""
    visitor, totp, _ = lost
    for attempt in range(5):
        visitor.client.environ_base["REMOTE_ADDR"] = f"192.0.2.{attempt}"
        assert enter(visitor).location.startswith("/sign-in/code")
        assert send_code(visitor, "000000" if code_of(totp) != "000000" else "111111").status_code == 401
    visitor.client.environ_base["REMOTE_ADDR"] = "192.0.2.99"
    assert enter(visitor).status_code == 401
    with Session(engine) as session:
        olga = session.scalars(select(Operator).where(Operator.name == "Olga")).one()
        assert olga.failures_in_row == 5
        assert olga.locked_until is not None


def test_a_half_signed_in_visitor_is_forgotten_after_a_while(
    lost: tuple[Visitor, pyotp.TOTP, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, totp, _ = lost
    enter(visitor)
    later = now() + timedelta(seconds=second_step.HALF_SECONDS_MAX + 1)
    monkeypatch.setattr(second_step, "now", lambda: later)
    assert visitor.get("/sign-in/code").location == "/sign-in"
    refused = visitor.client.post("/sign-in/code", data={"csrf_token": "x", "code": totp.at(later)})
    assert refused.location == "/sign-in"


def test_an_operator_who_changed_since_its_password_begins_anew(
    lost: tuple[Visitor, pyotp.TOTP, list[str]], engine: Engine
) -> None:
    visitor, totp, _ = lost
    enter(visitor)
    with Session(engine) as session, session.begin():
        set_password(session, "Olga", PASSWORD + "!", ME, NOW)
    assert send_code(visitor, code_of(totp)).status_code == 401


def test_before_secrets_both_are_asked_again(lost: tuple[Visitor, pyotp.TOTP, list[str]], engine: Engine) -> None:
    visitor, totp, codes = lost
    enter(visitor)
    send_code(visitor, code_of(totp))
    with Session(engine) as session, session.begin():
        session.execute(update(OperatorSession).values(proved_at=now() - timedelta(hours=1)))
    assert visitor.get("/me/factor").location == "/prove?next=/me/factor"
    assert "Code of your app" in text_of(visitor.get("/prove"))
    assert visitor.post("/prove", "/prove?next=/me/", password=PASSWORD).status_code == 401
    assert visitor.post("/prove", "/prove?next=/me/", password=PASSWORD, code="000 000").status_code == 401
    assert visitor.post("/prove", "/prove?next=/me/", password=PASSWORD, code=codes[0]).location == "/me/"
    assert visitor.get("/me/factor").status_code == 200


def test_a_wrong_code_sets_nothing_up_and_keeps_the_key(visitor: Visitor, engine: Engine) -> None:
    enter(visitor)
    page = visitor.get("/me/factor")
    sealed = re.search(r'name="enrolment" value="([^"]+)"', page.text)
    assert sealed
    fields = {"csrf_token": token_of(page), "enrolment": sealed[1], "code": "12"}
    refused = visitor.client.post("/me/factor", data=fields)
    assert refused.status_code == 400
    assert re.findall(r"<code>([A-Z2-7]{4})</code>", page.text) == re.findall(r"<code>(\w{4})</code>", refused.text)
    planted = visitor.client.post("/me/factor", data={**fields, "enrolment": "AAAA"})
    assert planted.location == "/me/factor"
    with Session(engine) as session:
        assert not session.scalars(select(Operator.totp_sealed).where(Operator.totp_sealed.is_not(None))).all()


def test_an_owner_switches_it_off_for_another_and_the_log_knows(
    lost: tuple[Visitor, pyotp.TOTP, list[str]], engine: Engine
) -> None:
    visitor, _, _ = lost
    with Session(engine) as session:
        olga_id = session.scalars(select(Operator.id).where(Operator.name == "Olga")).one()
    enter(visitor, "second")
    visitor.post(f"/operators/{olga_id}", f"/operators/{olga_id}/act", act="factor")
    assert "The second factor of Olga is off." in text_of(visitor.get(f"/operators/{olga_id}"))
    visitor.post("/", "/sign-out")
    assert enter(visitor).location == "/"
    with Session(engine) as session:
        acts = session.execute(select(AuditEntry.act, AuditEntry.actor, AuditEntry.object_id)).all()
    assert ("second factor set", "Olga", "Olga") in acts
    assert ("second factor switched off", "Second", "Olga") in acts


@pytest.fixture
def strict(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An installation where owners must have a second factor."""
    roles = {"console_second_factor_roles": "owner, finance"}
    made = create_app(Settings(state_dir=tmp_path, database_url=database_url, _env_file=None, **roles))
    yield made
    for used in engines(made):
        used.dispose()


def test_a_role_that_must_have_one_sees_nothing_before(visitor: Visitor, strict: Flask) -> None:
    owner = Visitor(strict.test_client())
    enter(owner)
    for path in ("/", "/cards/", "/operators/"):
        assert owner.get(path).location == "/me/factor"
    assert owner.post("/me/", "/cards/1-000000001/state", act="block", reason="x").location == "/me/factor"
    enrolled(owner)
    assert owner.get("/cards/").status_code == 200
    refused = owner.post("/me/", "/me/factor/off")
    assert refused.status_code == 403
    assert "set up another one before you remove this one" in text_of(refused)
    assert enter(visitor, "second").location == "/"


def test_an_unknown_role_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="is no role"):
        Settings(console_second_factor_roles="owner,king", _env_file=None)
