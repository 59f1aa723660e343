"""Routing plans, rules, carriers and the route tester in the console."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, World
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from admin_web.access import now
from billing.rights import Role
from models import AccountLoad, AuditEntry, CarrierState, RoutingPlanCarrier, RoutingRule
from services.routing.plan_fields import PLAN_FIELDS, RULE_FIELDS
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import fields_of, send
from tests.admin_web.test_acts import do

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

PLAN = "/routing/1"


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def version(owner: Visitor) -> str:
    return fields_of(owner.get(f"{PLAN}/edit"), "routes_max")["version"]


def test_a_plan_is_made_edited_and_deleted(owner: Visitor, engine: Engine) -> None:
    flags = {"loss_guard"}
    assert {field.name for field in PLAN_FIELDS} - flags <= set(fields_of(owner.get("/routing/new"), "routes_max"))
    made = send(owner, "/routing/new", "routes_max", name="Shared", strategy="share", price_cap_percent="50")
    page = text_of(owner.get(made.location))
    for told in ("Shared", "share", "50 %", "The plan has no carrier: no call by it is connected.", "Nobody uses"):
        assert told in page, told
    stale = fields_of(owner.get(f"{made.location}/edit"), "routes_max")
    assert send(owner, f"{made.location}/edit", "routes_max", routes_max="1").status_code == 302
    assert owner.client.post(f"{made.location}/edit", data=stale).status_code == 409
    refused = send(owner, "/routing/new", "routes_max", name="Shared", strategy="share")
    assert (refused.status_code, "choose another name" in text_of(refused)) == (400, True)
    assert "is deleted" in do(owner, made.location, f"{made.location}/delete", version=2)
    assert "is used by" in do(owner, PLAN, f"{PLAN}/delete", version=version(owner))
    with Session(engine) as session:
        acts = set(session.scalars(select(AuditEntry.act)))
    assert {"routing_plan.created", "routing_plan.changed", "routing_plan.deleted"} <= acts


def test_carriers_get_their_place_and_part(owner: Visitor, engine: Engine) -> None:
    seen = version(owner)
    done = do(owner, PLAN, f"{PLAN}/carrier", act="set", endpoint="test.dear", priority="5", weight="9", version=seen)
    assert "test.dear takes calls of the plan." in done
    again = do(owner, PLAN, f"{PLAN}/carrier", act="set", endpoint="test.dear", priority="6", weight="9", version=seen)
    assert "saved it meanwhile" in again
    typed = {"act": "set", "endpoint": "test.dear", "priority": "x", "weight": "9"}
    wrong = do(owner, PLAN, f"{PLAN}/carrier", **typed, version=version(owner))
    assert "The priority is a whole number." in wrong
    gone = do(owner, PLAN, f"{PLAN}/carrier", act="remove", endpoint="test.second", version=version(owner))
    assert "test.second takes no calls of the plan any more." in gone
    with Session(engine) as session:
        rows = session.execute(select(RoutingPlanCarrier.priority, RoutingPlanCarrier.weight)).all()
    assert sorted(tuple(row) for row in rows) == [(5, 9), (100, 1)]


def test_a_rule_is_made_changed_and_removed(owner: Visitor, engine: Engine) -> None:
    """JA-41, JA-45: for a prefix and a tag, by carriers of its own or of a tag."""
    new = "/routing/rules/1/new"
    flags = {"is_blocked"}
    assert {field.name for field in RULE_FIELDS} - flags | {"prefix", "originator_tag", "carriers"} <= set(
        fields_of(owner.get(new), "prefix")
    )
    typed = {"prefix": "44", "originator_tag": "gold", "carriers": "test.dear 1 2\ntest.cheap"}
    assert send(owner, new, "prefix", **typed).status_code == 302
    page = text_of(owner.get(PLAN))
    assert "44 · of gold" in page
    assert "test.dear, test.cheap" in page
    twice = send(owner, new, "prefix", **typed)
    assert "has a rule for 44 of gold already" in text_of(twice)
    for values, why in (
        ({**typed, "prefix": "4x"}, "is no prefix"),
        ({**typed, "prefix": "45", "carriers": "test.dear one"}, "write the carrier's name"),
        ({**typed, "prefix": "45", "carriers": "nobody"}, "There is no carrier nobody."),
        ({**typed, "prefix": "45", "is_blocked": "1"}, "asks no carrier"),
    ):
        refused = send(owner, new, "prefix", **values)
        assert (refused.status_code, why in text_of(refused)) == (400, True), why
    edit = "/routing/rules/1/edit?prefix=44&tag=gold"
    shown = fields_of(owner.get(edit), "carriers")
    assert shown["carriers"] == "test.dear 1 2\ntest.cheap 100 1"
    assert send(owner, edit, "carriers", carriers="", is_blocked="1").status_code == 302
    assert "blocked" in text_of(owner.get(PLAN))
    assert owner.client.post(edit, data=shown).status_code == 409
    assert owner.get("/routing/rules/1/edit?prefix=99").status_code == 404
    assert "is gone" in do(owner, PLAN, "/routing/rules/1/remove", prefix="44", originator_tag="gold")
    with Session(engine) as session:
        assert session.scalars(select(RoutingRule)).all() == []


def test_the_tester_shows_routes_in_order_with_prices_and_reasons(owner: Visitor, world: World) -> None:
    send(owner, f"{PLAN}/edit", "routes_max", routes_max="2")
    page = text_of(owner.get(f"/routes/?number={BRITAIN}&card=1-000000001"))
    assert "United Kingdom" in page
    assert "1 test.cheap 442071234567" in page
    assert "0.024 USD 0.06 USD 0.036 USD" in page
    passed_over = page.split("Passed over")[1]
    assert passed_over.index("test.second") < passed_over.index("test.dear")
    assert passed_over.index("test.dear") < passed_over.index("beyond the routes that are tried")
    by_table = text_of(owner.get(f"/routes/?number={BRITAIN}&table=1&plan=1"))
    assert "1 test.cheap" in by_table
    nowhere = owner.get("/routes/?number=81312345678&table=1&plan=1")
    assert "has no rate for 81312345678 then" in text_of(nowhere)
    del world


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("number=37061234567", "Give a card, choose an account"),
        ("number=37061234567&table=1", "choose a routing plan too"),
        ("number=x&table=1&plan=1", "is no number"),
        ("number=37061234567&card=8-000000001", "There is no card"),
    ],
)
def test_what_cannot_be_routed_says_what_to_change(owner: Visitor, query: str, why: str) -> None:
    page = owner.get(f"/routes/?{query}")
    assert (page.status_code, why in text_of(page)) == (400, True)


def test_carriers_show_their_lines_and_a_rest_is_ended(owner: Visitor, world: World, engine: Engine) -> None:
    """JA-43, JA-46 to JA-49."""
    carrier = world.carriers["test.cheap"]
    resting = {"failures_in_row": 10, "rested_until": now() + timedelta(minutes=5), "terminating": 3}
    world.session.execute(insert(AccountLoad).values(account_id=carrier, **resting))
    fared = {"attempts": 2, "answered": 1, "talk_seconds": 65, "last_status": "CONGESTION", "last_cause": 34}
    world.session.execute(insert(CarrierState).values(account_id=carrier, **fared, last_tried_at=now()))
    world.session.commit()
    page = text_of(owner.get("/carriers/"))
    assert "resting" in page
    assert "10 failures in a row" in page
    assert "test.cheap 3 / ∞ 50 % · 1 / 2 1:05 CONGESTION (34)" in page
    assert "test.cheap" in owner.client.get("/carriers/?download=csv", buffered=True).text
    assert "rests after failures" in text_of(owner.get(f"/routes/?number={BRITAIN}&card=1-000000001"))
    wake = f"/carriers/{carrier}/wake"
    assert "Calls are offered to test.cheap again." in do(owner, "/carriers/", wake)
    assert "does not rest" in do(owner, "/carriers/", wake)
    with Session(engine) as session:
        load = session.get_one(AccountLoad, carrier)
        assert (load.failures_in_row, load.rested_until, load.terminating) == (0, None, 3)
        assert "carrier.woken" in session.scalars(select(AuditEntry.act)).all()


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.AUDITOR])
def test_who_may_only_see_routes_changes_none(signed_in: Callable[..., Visitor], role: Role) -> None:
    visitor = signed_in(role)
    assert "New rule" not in visitor.get(PLAN).text
    for address in (f"{PLAN}/carrier", f"{PLAN}/delete", "/routing/rules/1/remove"):
        assert visitor.post(PLAN, address, act="set").status_code == 403
