"""Resellers and distributors on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.rights import Role
from models import AuditEntry, CardSeries, Distributor, Reseller
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import fields_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from factories import World
    from sqlalchemy import Engine


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def test_a_reseller_is_made_named_and_given_series(owner: Visitor, world: World, engine: Engine) -> None:
    """JC-12."""
    made = owner.post("/resellers/new", "/resellers/new", name="East", is_enabled="1")
    page = made.location
    assert "It owns no series yet." in text_of(owner.get(page))
    taken = owner.post("/resellers/new", "/resellers/new", name="East", is_enabled="1")
    assert taken.status_code == 400
    assert "There is a reseller East already" in text_of(taken)
    given = owner.post(page, f"{page}/series", numbers="1")
    assert "1 ● active 2" in text_of(owner.get(given.location))
    unknown = owner.post(page, f"{page}/series", numbers="1, 77")
    assert "There is no series 77: none was given." in text_of(owner.get(unknown.location))
    nonsense = owner.post(page, f"{page}/series", numbers="one")
    assert "Name the series by their numbers" in text_of(owner.get(nonsense.location))
    assert "East" in text_of(owner.get("/series/"))
    owner.post(page, f"{page}/series", numbers="1", take="1")
    with Session(engine) as session:
        assert session.scalars(select(CardSeries.reseller_id)).all() == [None]
    del world


def test_two_who_change_a_reseller_do_not_overwrite_each_other(owner: Visitor, world: World, engine: Engine) -> None:
    with Session(engine) as session:
        page = f"/resellers/{session.scalars(select(Reseller.id)).one()}"
    mine = {**fields_of(owner.get(page), "name"), "name": "West"}
    assert owner.post(page, page, **mine).status_code == 302
    stale = owner.post(page, page, **{**mine, "name": "South"})
    assert stale.status_code == 409
    assert "Changed by owner" in text_of(stale)
    del world


def test_a_distributor_is_made_and_changed(owner: Visitor, world: World, engine: Engine) -> None:
    assert owner.post("/distributors/new", "/distributors/new", name="Shop", is_enabled="1").status_code == 302
    with Session(engine) as session:
        page = f"/distributors/{session.scalars(select(Distributor.id).where(Distributor.name == 'Shop')).one()}"
    form = fields_of(owner.get(page), "name")
    changed = {name: value for name, value in {**form, "sees_pins": "1"}.items() if name != "is_enabled"}
    assert owner.post(page, page, **changed).status_code == 302
    assert owner.post(page, page, **changed).status_code == 409
    assert "Shop — ✓" in text_of(owner.get("/distributors/"))
    with Session(engine) as session:
        shop = session.scalars(select(Distributor).where(Distributor.name == "Shop")).one()
        assert (shop.sees_pins, shop.is_enabled, shop.version) == (True, False, 2)
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.object_kind == "distributor")).all()
    assert acts == ["distributor.created", "distributor.changed"]
    del world


def test_who_makes_no_cards_changes_no_seller(signed_in: Callable[..., Visitor], world: World, engine: Engine) -> None:
    with Session(engine) as session:
        page = f"/resellers/{session.scalars(select(Reseller.id)).one()}"
    auditor = signed_in(Role.AUDITOR)
    assert "Save" not in auditor.get(page).text.split("</header>")[1]
    for address in (page, f"{page}/series"):
        assert auditor.post(page, address, name="Mine", numbers="1").status_code == 403
    del world
