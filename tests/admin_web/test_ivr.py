"""IVR plans and access numbers in the console: every field, what callers go through, and what cannot work together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import ACCESS, World, a_group
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.rights import Role
from models import AccessNumber, AuditEntry, IvrPlan
from services.products.save_access_number import NUMBER_FIELDS
from services.products.save_ivr_plan import LISTS, PLAN_FIELDS
from services.store.fields import FieldKind
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import fields_of, send
from tests.admin_web.test_acts import do

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def test_a_plan_has_every_field_and_tells_what_callers_go_through(owner: Visitor, engine: Engine) -> None:
    """M-15: languages, waiting times, rewriting, emergency numbers, warnings, groups."""
    shown = fields_of(owner.get("/ivr/1/edit"), "languages")
    assert {field.name for field in PLAN_FIELDS if field.kind is not FieldKind.FLAG} | set(LISTS) <= set(shown)
    assert shown["group_ids"] == "1"
    saved = send(
        owner, "/ivr/1/edit", "languages", languages="en es", warning_seconds="90 30", first_key_seconds="12",
        emergency_numbers="112 911", rewrite_rules="0 1 370 9-9\n- 0 -", pinless_enabled="1",
    )  # fmt: skip
    assert saved.status_code == 302, text_of(saved)
    page = text_of(owner.get("/ivr/1"))
    for told in ("en, es", "90, 30 seconds before the end", "0 1 370 9-9", "112, 911", "12 s for the first", ACCESS):
        assert told in page, told
    assert "The card number (10 digits) and the PIN are asked for, 3 times at most." in page
    assert "PINless is enabled, but none of its groups allows it" in page
    with Session(engine) as session:
        plan = session.get_one(IvrPlan, 1)
        first = {"match_prefix": "0", "cut": 1, "add": "370", "length_min": 9, "length_max": 9}
        assert plan.rewrite_rules == [first, {"match_prefix": "", "cut": 0, "add": ""}]
        assert "plan.changed" in session.scalars(select(AuditEntry.act)).all()
    token = fields_of(owner.get("/ivr/1/edit"), "languages")["csrf_token"]
    stale = owner.client.post("/ivr/1/edit", data={**shown, "csrf_token": token})
    assert stale.status_code == 409


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"languages": "xx"}, "There are no prompts in xx"),
        ({"warning_seconds": "30 60"}, "the longest first"),
        ({"warning_seconds": "soon"}, "whole seconds"),
        ({"rewrite_rules": "0"}, "is no rule"),
        ({"rewrite_rules": "0 x 1"}, "is no rule"),
        ({"rewrite_rules": "a 1 1"}, "only the digits"),
        ({"emergency_numbers": "112345678901"}, "is no emergency number"),
        ({"first_key_seconds": "1"}, "from 3 to 60"),
        ({"name": ""}, "Name is needed."),
    ],
)
def test_a_plan_that_cannot_work_says_why(owner: Visitor, values: dict[str, str], why: str) -> None:
    refused = send(owner, "/ivr/new", "languages", **{"name": "Second", **values})
    assert (refused.status_code, why in text_of(refused)) == (400, True)


def test_groups_that_disagree_are_refused_with_both_values(owner: Visitor, world: World) -> None:
    """features.md 0.3."""
    other = a_group(world.session, name="Longer", number_length=12)
    world.session.commit()
    page = fields_of(owner.get("/ivr/1/edit"), "languages")
    refused = owner.client.post("/ivr/1/edit", data={**page, "group_ids": ["1", str(other)]})
    assert refused.status_code == 400
    assert "Group has 10 and Longer 12" in text_of(refused)
    assert f'value="{other}" checked' in refused.text


def test_a_new_plan_without_groups_or_numbers_says_what_it_lacks(owner: Visitor) -> None:
    made = send(owner, "/ivr/new", "languages", name="Second", group_ids=None)
    page = text_of(owner.get(made.location))
    assert "It has no access number: nobody can dial it." in page
    assert "The plan accepts no card group" in page


def test_an_access_number_is_made_changed_and_closed(owner: Visitor, engine: Engine) -> None:
    """M-16: it leads to one plan at a time."""
    fields = {field.name for field in NUMBER_FIELDS if field.kind is not FieldKind.FLAG}
    assert fields | {"number"} <= set(fields_of(owner.get("/accessnumbers/new"), "number"))
    typed = {"number": "+18005550177", "ivr_plan_id": "1", "language": "en", "surcharge_micros": "0.05"}
    assert send(owner, "/accessnumbers/new", "number", **typed).status_code == 302
    assert "18005550177" in text_of(owner.get("/accessnumbers/?q=180055501"))
    twice = send(owner, "/accessnumbers/new", "number", **typed)
    assert (twice.status_code, "leads to the plan Plan already" in text_of(twice)) == (400, True)
    page = "/accessnumbers/18005550177"
    stale = fields_of(owner.get(page), "surcharge_micros")
    assert send(owner, page, "surcharge_micros", surcharge_per_minute_micros="0.02").status_code == 302
    assert owner.client.post(page, data={**stale, "surcharge_micros": "9"}).status_code == 409
    assert "Callers hear that it is closed." in do(owner, "/accessnumbers/", f"{page}/state", act="close")
    assert "It is in service." in do(owner, "/accessnumbers/", f"{page}/state", act="open")
    with Session(engine) as session:
        number = session.scalars(select(AccessNumber).where(AccessNumber.number == "18005550177")).one()
        assert (number.surcharge_micros, number.surcharge_per_minute_micros) == (50_000, 20_000)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"number": "abc"}, "is no access number"),
        ({"ivr_plan_id": ""}, "IVR plan is needed."),
        ({"surcharge_micros": "1,5"}, "comma"),
        ({"language": "xx"}, "There are no prompts in xx"),
    ],
)
def test_a_number_that_cannot_be_says_why(owner: Visitor, values: dict[str, str], why: str) -> None:
    typed = {"number": "18005550177", "ivr_plan_id": "1", **values}
    refused = send(owner, "/accessnumbers/new", "number", **typed)
    assert (refused.status_code, why in text_of(refused)) == (400, True)


def test_support_sees_plans_and_changes_none(signed_in: Callable[..., Visitor]) -> None:
    visitor = signed_in(Role.SUPPORT)
    assert "Edit" not in text_of(visitor.get("/ivr/1")).split("Settings")[0].split("Plan")[-1]
    assert visitor.get("/ivr/1/edit").status_code == 403
    assert visitor.get(f"/accessnumbers/{ACCESS}").status_code == 403
