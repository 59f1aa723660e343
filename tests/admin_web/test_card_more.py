"""Rarer acts on one card: its PIN shown once to whoever may, replacement, dates, phones, language; and its tabs."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, World, answered, micros
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_web.access import now
from billing.card_number import grouped
from billing.rights import Role
from billing.states import CardStatus
from models import AuditEntry, Card, OperatorSession
from services.keys.key_file import replace_pin_keys
from tests.admin_web.conftest import Visitor, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

CARD, OTHER = "/cards/1-000000001", "/cards/1-000000002"


@pytest.fixture
def with_keys(tmp_path: Path) -> None:
    replace_pin_keys(tmp_path / "keys.json", KEYS)


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def acts(engine: Engine) -> list[str]:
    with Session(engine) as session:
        found = session.scalars(select(AuditEntry.act).order_by(AuditEntry.number))
        return [act for act in found if not act.startswith("operator")]


def do(visitor: Visitor, address: str, **fields: object) -> str:
    answer = visitor.post(CARD, address, **fields)
    assert answer.status_code == 302, text_of(answer)
    return text_of(visitor.get(answer.location))


def test_a_pin_is_revealed_once_by_right_and_named(
    owner: Visitor, world: World, engine: Engine, with_keys: None
) -> None:
    """JC-42, JC-49."""
    pin = grouped(world.cards[0].pin)
    assert pin not in owner.get(CARD).text
    shown = owner.post(CARD, f"{CARD}/pin")
    assert pin in text_of(shown)
    assert shown.headers["Cache-Control"] == "no-store"
    assert acts(engine) == ["card.pin_revealed"]
    assert owner.get(f"{CARD}/pin").status_code == 405
    assert pin not in owner.get(CARD).text
    with Session(engine) as session:
        assert pin.replace(" ", "") not in str(session.scalars(select(AuditEntry.after)).all())
    del with_keys


def test_a_stale_password_reveals_nothing(owner: Visitor, world: World, engine: Engine, with_keys: None) -> None:
    with Session(engine) as session, session.begin():
        session.execute(update(OperatorSession).values(proved_at=now() - timedelta(minutes=11)))
    asked = owner.post(CARD, f"{CARD}/pin")
    assert (asked.status_code, asked.location) == (302, "/prove?next=/cards/1-000000001")
    assert acts(engine) == []
    del world, with_keys


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE, Role.AUDITOR])
def test_who_may_not_see_pins_is_refused_and_named(
    signed_in: Callable[..., Visitor], world: World, engine: Engine, with_keys: None, role: Role
) -> None:
    visitor = signed_in(role)
    assert "Reveal" not in text_of(visitor.get(CARD))
    refused = visitor.post(CARD, f"{CARD}/pin")
    assert refused.status_code == 403
    assert grouped(world.cards[0].pin) not in refused.text
    assert acts(engine) == ["card.pin_revealed.refused"]
    del with_keys


def test_a_lost_card_is_replaced_after_a_second_look(owner: Visitor, world: World, engine: Engine) -> None:
    """V-30: and pressing twice moves the money once."""
    form = {"new_number": "1-000000002", "reason": "lost"}
    asked = owner.post(CARD, f"{CARD}/replace", **form)
    assert "10.00 USD" in text_of(asked)
    assert world.wallet()[0] == micros("5.00")
    world.session.rollback()  # it holds SQLite's one place to write
    for _ in range(2):
        done = owner.post(CARD, f"{CARD}/replace", **form, confirmed="1")
        assert done.location == OTHER, text_of(owner.get(done.location))
    assert "10.00 USD" in text_of(owner.get(OTHER))
    assert "card blocked" in text_of(owner.get(CARD))
    with Session(engine) as session:
        assert session.scalars(select(Card.status).order_by(Card.id)).all()[0] is CardStatus.BLOCKED
    used = owner.post(OTHER, f"{OTHER}/replace", new_number="1-000000001", reason="x", confirmed="1")
    assert "choose a card that is pending" in text_of(owner.get(used.location))
    assert owner.post(CARD, f"{CARD}/replace", new_number="9-000000001", reason="x").status_code == 404
    world.session.rollback()
    assert world.is_proved()


def test_a_card_gets_another_last_day(owner: Visitor, world: World, engine: Engine) -> None:
    day = (now().astimezone(UTC) + timedelta(days=3)).date()
    assert "another last day" in do(owner, f"{CARD}/last-day", last_day=day)
    assert "is not possible" in do(owner, f"{CARD}/last-day", last_day="2020-01-01")
    assert "is not possible" in do(owner, f"{CARD}/last-day", last_day="soon")
    assert acts(engine) == ["card.date_given"]
    del world


def test_phones_are_bound_and_unbound_by_hand(owner: Visitor, world: World, engine: Engine) -> None:
    assert "asks every caller for the PIN" in do(owner, f"{CARD}/bind", phone="+37060000001")
    world.set_group(pinless_allowed=True)
    world.session.commit()
    assert "7 to 15 digits" in do(owner, f"{CARD}/bind", phone="12")
    assert "calls with this card without a PIN" in do(owner, f"{CARD}/bind", phone="+370 600-00001")
    page = text_of(owner.get("/phones/37060000001"))
    assert "1-000000001" in page
    assert "console:owner" in page
    assert "no longer bound" in do(owner, f"{CARD}/unbind", phone="37060000001")
    assert "was not bound" in do(owner, f"{CARD}/unbind", phone="37060000001")
    assert acts(engine) == ["card.phone_bound", "card.phone_unbound"]


def test_the_language_of_a_card_is_chosen(owner: Visitor, world: World, engine: Engine) -> None:
    assert "is saved" in do(owner, f"{CARD}/language", language="es")
    assert "Language es" in text_of(owner.get(CARD))
    assert "is no language" in do(owner, f"{CARD}/language", language="e5")
    do(owner, f"{CARD}/language", language="")
    assert acts(engine) == ["card.language", "card.language"]
    del world


def test_a_phone_is_blocked_and_freed(owner: Visitor, world: World) -> None:
    """V-25."""
    page = "/phones/37060000001"
    assert "Say why" in text_of(owner.get(owner.post(page, f"{page}/block").location))
    owner.post(page, f"{page}/block", reason="fraud")
    assert "fraud console:owner" in text_of(owner.get(page))
    assert "blocked already" in text_of(owner.get(owner.post(page, f"{page}/block", reason="x").location))
    owner.post(page, f"{page}/unblock")
    assert "fraud" not in text_of(owner.get(page))
    assert "Nothing was held" in text_of(owner.get(owner.post(page, f"{page}/unlock").location))
    assert owner.client.get("/phones/nonsense").status_code == 404
    del world


def test_the_tabs_of_a_card_show_what_is_its_own(owner: Visitor, world: World) -> None:
    world.call("call-1")
    world.settle(answered("call-1", 61))
    world.session.commit()
    owner.post(CARD, f"{CARD}/state", act="block", reason="lost")
    assert "442071234567" in text_of(owner.get(f"{CARD}/calls/"))
    assert "442071234567" not in text_of(owner.get(f"{OTHER}/calls/"))
    assert "call-1" in text_of(owner.get(f"{CARD}/ledger/"))
    assert "This card has not called yet." in text_of(owner.get(f"{OTHER}/calls/"))
    assert 'title="card.block"' in owner.get(f"{CARD}/audit/").text
    assert "Nobody has done anything" in text_of(owner.get(f"{OTHER}/audit/"))
    ranged = {"series": 1, "act": "block", "back": "/series/1/", "reason": "all of them", "confirmed": "1"}
    owner.post("/series/1/", "/cards/acts/range", **ranged)
    assert "all of them" in text_of(owner.get(f"{OTHER}/audit/"))


@pytest.mark.parametrize("act", ["replace", "last-day", "bind", "unbind", "language"])
def test_rarer_acts_ask_for_their_right(signed_in: Callable[..., Visitor], world: World, act: str) -> None:
    refused = signed_in(Role.AUDITOR).post(CARD, f"{CARD}/{act}", new_number="1-000000002")
    assert refused.status_code == 403
    del world
