"""Operators by the console: an owner makes them, gives roles and passwords, locks and unlocks; nobody else, and never
long after the owner's own password was entered.
"""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_web.access import now
from billing.rights import Role
from models import AuditEntry, Operator, OperatorSession
from services.operators.operator_facts import OperatorFacts, find_operator
from services.operators.sessions import open_session
from services.operators.sign_in import FAILURES_MAX
from tests.admin_web.conftest import Visitor, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

OWN = "seven wet badgers"


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def found(engine: Engine, name: str) -> OperatorFacts:
    with Session(engine) as session:
        operator = find_operator(session, name)
    assert operator is not None
    return operator


def drawn_on(page: TestResponse) -> str:
    told = re.search(r'class="secret"[^>]*>([^<]+)<', page.text)
    assert told, page.text[:2000]
    return html.unescape(told[1])


def make(owner: Visitor, name: str = "Sam", **fields: str) -> str:
    made = owner.post("/operators/new", "/operators/new", name=name, **({"role": "support"} | fields))
    assert made.status_code == 200, text_of(made)
    return drawn_on(made)


def enter(app: Flask, name: str, password: str, place: int = 1) -> Visitor:
    visitor = Visitor(app.test_client())
    visitor.client.environ_base |= {"REMOTE_ADDR": f"192.0.2.{place}"}
    visitor.post("/sign-in", "/sign-in", name=name, password=password)
    return visitor


def test_an_owner_makes_an_operator_who_chooses_a_password_before_anything_else(
    app: Flask, engine: Engine, owner: Visitor
) -> None:
    drawn = make(owner)
    page = f"/operators/{found(engine, 'Sam').id}"
    assert drawn not in owner.get(page).text
    assert "not replaced yet" in text_of(owner.get(page))
    sam = enter(app, "sam", drawn)
    for elsewhere in ("/", "/cards/", "/me/", "/me/factor", "/searches/"):
        assert sam.get(elsewhere).location == "/me/password", elsewhere
    differing = sam.post("/me/password", "/me/password", password=OWN, again=OWN + "!")
    assert (differing.status_code, "differ" in text_of(differing)) == (400, True)
    same = sam.post("/me/password", "/me/password", password=drawn, again=drawn)
    assert (same.status_code, "of before" in text_of(same)) == (400, True)
    assert sam.post("/me/password", "/me/password", password=OWN, again=OWN).location == "/"
    assert sam.get("/cards/").status_code == 200
    assert enter(app, "sam", drawn, 2).get("/cards/").status_code == 302
    assert enter(app, "sam", OWN, 3).get("/cards/").status_code == 200
    with Session(engine) as session:
        told = session.execute(select(AuditEntry.actor, AuditEntry.act).where(AuditEntry.object_id == "Sam")).all()
        everything = str(session.execute(select(AuditEntry.before, AuditEntry.after)).all())
    made = [
        ("owner", "operator created"),
        ("owner", "password drawn"),
        ("Sam", "signed in"),
        ("Sam", "password chosen"),
    ]
    assert [tuple(one) for one in told][:4] == made
    assert drawn not in everything


def test_what_is_wrong_with_a_new_operator_is_told_and_nothing_is_made(engine: Engine, owner: Visitor) -> None:
    make(owner)
    for fields, why in (
        ({"name": "sAM", "role": "support"}, "There is an operator"),
        ({"name": "R", "role": "reseller"}, "works for one"),
        ({"name": "R", "role": "support", "reseller_id": "1"}, "for the role reseller only"),
        ({"name": "R", "role": "king"}, "one of"),
        ({"name": "", "role": "support"}, "is needed"),
    ):
        refused = owner.post("/operators/new", "/operators/new", **fields)
        assert (refused.status_code, why in text_of(refused)) == (400, True), text_of(refused)
    with Session(engine) as session:
        assert set(session.scalars(select(Operator.name))) == {"owner", "Sam"}


def test_a_role_is_changed_with_whose_cards_and_the_last_owner_stays(engine: Engine, owner: Visitor) -> None:
    make(owner)
    sam = found(engine, "Sam")
    page = f"/operators/{sam.id}/role"
    changed = owner.post(page, page, role="reseller", reseller_id="1", version=sam.version)
    assert changed.location == f"/operators/{sam.id}"
    assert "Works on the cards of Reseller 1" in text_of(owner.get(changed.location))
    late = owner.post(page, page, role="owner", version=sam.version)
    assert (late.status_code, "Another operator saved it" in text_of(late)) == (409, True)
    mine = f"/operators/{found(engine, 'owner').id}"
    refused = owner.post(mine, f"{mine}/role", role="auditor")
    assert (refused.status_code, "last owner" in text_of(refused)) == (400, True)
    owner.post(mine, f"{mine}/act", act="disable")
    assert "last owner" in text_of(owner.get(mine))
    assert found(engine, "owner").role is Role.OWNER


def test_a_lost_password_is_drawn_anew_for_others_and_not_for_oneself(
    app: Flask, engine: Engine, owner: Visitor
) -> None:
    first = make(owner)
    page = f"/operators/{found(engine, 'Sam').id}"
    second = drawn_on(owner.post(page, f"{page}/password"))
    assert second != first
    assert enter(app, "sam", first).get("/me/password").location.startswith("/sign-in")
    assert enter(app, "sam", second, 2).get("/me/password").status_code == 200
    mine = f"/operators/{found(engine, 'owner').id}"
    assert "Draw a new password" not in text_of(owner.get(mine))
    assert owner.post(mine, f"{mine}/password").location == mine
    assert "your own account" in text_of(owner.get(mine))


def test_sessions_are_seen_and_ended_one_by_one(app: Flask, engine: Engine, owner: Visitor) -> None:
    make(owner)
    sam = found(engine, "Sam")
    with Session(engine) as session, session.begin():
        session.execute(update(Operator).where(Operator.id == sam.id).values(password_until=None))
        tokens = [open_session(session, sam.id, now(), address=f"192.0.2.{place}") for place in (7, 8)]
    page = f"/operators/{sam.id}"
    assert "192.0.2.7" in owner.get(page).text
    key = re.findall(r'name="key" value="(\w+)"', owner.get(page).text)[0]
    owner.post(page, f"{page}/session", key=key)
    shown = text_of(owner.get(page))
    assert "The session has ended." in shown
    assert ("192.0.2.7" in shown) != ("192.0.2.8" in shown)
    alive = []
    for token in tokens:
        one = Visitor(app.test_client())
        with one.client.session_transaction() as cookie:
            cookie["token"] = token
        alive.append(one.get("/cards/").status_code)
    assert sorted(alive) == [200, 302]


def test_who_keyed_wrong_passwords_is_unlocked(app: Flask, engine: Engine, owner: Visitor) -> None:
    drawn = make(owner)
    for place in range(FAILURES_MAX):
        enter(app, "sam", "seven dry badgers", place)
    page = f"/operators/{found(engine, 'Sam').id}"
    assert "Locked until" in text_of(owner.get(page))
    assert enter(app, "sam", drawn, 20).get("/me/password").location.startswith("/sign-in")
    owner.post(page, f"{page}/act", act="unlock")
    assert "are forgiven" in text_of(owner.get(page))
    assert enter(app, "sam", drawn, 21).get("/me/password").status_code == 200


ACTS = (("role", {"role": "owner"}), ("password", {}), ("session", {"key": "00"}), ("act", {"act": "disable"}))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
def test_nobody_but_an_owner_acts_on_operators(
    engine: Engine, owner: Visitor, signed_in: Callable[..., Visitor], role: Role
) -> None:
    """F38."""
    make(owner)
    before, visitor = found(engine, "Sam"), signed_in(role)
    for act, fields in ACTS:
        assert visitor.post("/me/", f"/operators/{before.id}/{act}", **fields).status_code == 403
    assert visitor.post("/me/", "/operators/new", name="X", role="owner").status_code == 403
    assert found(engine, "Sam") == before


def test_each_act_asks_for_the_owners_password_when_it_was_entered_long_ago(engine: Engine, owner: Visitor) -> None:
    make(owner)
    before = found(engine, "Sam")
    page = f"/operators/{before.id}"
    with Session(engine) as session, session.begin():
        session.execute(update(OperatorSession).values(proved_at=now() - timedelta(hours=1)))
    for act, fields in ACTS:
        assert owner.post(page, f"{page}/{act}", **fields).location.startswith("/prove?next="), act
    assert owner.get("/operators/new").location.startswith("/prove?next=")
    assert owner.post(page, "/operators/new", name="X", role="owner").location.startswith("/prove?next=")
    assert owner.get("/me/password").location.startswith("/prove?next=")
    assert found(engine, "Sam") == before
    with Session(engine) as session:
        assert find_operator(session, "X") is None
