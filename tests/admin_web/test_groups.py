"""Card groups on pages: made and changed with every field, refused at the field, and told to whoever came second."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from factories import World, micros
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.rights import Role
from models import AuditEntry, CardGroup
from services.products.card_group_fields import GROUP_FIELDS, GROUP_SECTIONS
from services.store.fields import FieldKind
from tests.admin_web.conftest import Visitor, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from werkzeug.test import TestResponse


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def filled(page: TestResponse) -> dict[str, str]:
    """What the form of a page would send."""
    html = page.text
    typed = dict(re.findall(r'<input id="field-(\w+)" name="\w+" value="([^"]*)"', html))
    for name, options in re.findall(r'<select id="field-(\w+)".*?>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        typed[name] = chosen[1] if chosen else ""
    typed |= dict(re.findall(r'<textarea id="field-(\w+)".*?>(.*?)</textarea>', html, re.DOTALL))
    typed |= dict.fromkeys(re.findall(r'type="checkbox" name="(\w+)" value="1" checked', html), "1")
    version = re.search(r'name="version" value="(\d+)"', html)
    return typed | ({"version": version[1]} if version else {})


def test_every_setting_of_a_group_stands_in_one_section_of_the_form(owner: Visitor, world: World) -> None:
    shown = [field.name for _, fields in GROUP_SECTIONS for field in fields]
    assert sorted(shown) == sorted(field.name for field in GROUP_FIELDS)
    page = owner.get(f"/groups/{world.group_id}/edit").text
    for field in GROUP_FIELDS:
        assert f'name="{field.name}"' in page, field.name
        flag = field.kind is FieldKind.FLAG
        assert flag or f'for="field-{field.name}"' in page, field.name


def test_a_group_is_made_with_its_defaults_and_one_change(owner: Visitor, world: World, engine: Engine) -> None:
    form = filled(owner.get("/groups/new"))
    assert form["card_entry_attempts_max"] == "3"
    made = owner.post("/groups/new", "/groups/new", **{**form, "name": "Gold", "currency": "EUR", "calls_max": "2"})
    assert made.status_code == 302, text_of(made)
    page = text_of(owner.get(made.location))
    assert "Gold [EUR]" in page
    assert "The card number (10 digits) and the PIN are asked for, 3 times at most." in page
    assert "No IVR plan accepts this group" in page
    with Session(engine) as session:
        gold = session.scalars(select(CardGroup).where(CardGroup.name == "Gold")).one()
        assert (gold.calls_max, gold.says_time, gold.empty_below_micros) == (2, True, micros("0.01"))
    del world


@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("calls_max", "0", "The calls max is 0: give a whole number from 1 to 100."),
        ("currency", "XYZ", "XYZ"),
        ("sale_price_micros", "5,00", "holds a comma"),
        ("number_length", "12", "Cards of series 1 have 10 digits"),
        ("call_seconds_min", "20000", "is longer than the longest"),
        ("ghost_minutes_percent", "120", "120"),
    ],
)
def test_a_refusal_stands_at_its_field(owner: Visitor, world: World, field: str, typed: str, why: str) -> None:
    address = f"/groups/{world.group_id}/edit"
    refused = owner.post(address, address, **{**filled(owner.get(address)), field: typed})
    assert refused.status_code == 400
    problem = re.search(rf'<p class="problem" id="problem-{field}">([^<]*)</p>', refused.text)
    assert problem, text_of(refused)
    assert why in problem[1].replace("&#39;", "'")
    assert f'value="{typed}"' in refused.text


def test_who_came_second_is_told_who_was_first_and_what_is_different(
    owner: Visitor, signed_in: Callable[..., Visitor], world: World, engine: Engine
) -> None:
    address = f"/groups/{world.group_id}/edit"
    mine, operator = filled(owner.get(address)), signed_in(Role.OPERATOR)
    theirs = {**filled(operator.get(address)), "calls_max": "3"}
    assert operator.post(address, address, **theirs).status_code == 302
    stale = owner.post(address, address, **{**mine, "calls_max": "5"})
    assert stale.status_code == 409
    told = text_of(stale)
    assert "Changed by operator" in told
    assert "Calls at once: 1 → 3" in told
    with Session(engine) as session:
        assert session.get_one(CardGroup, world.group_id).calls_max == 3
        acts = session.execute(select(AuditEntry.act, AuditEntry.actor).where(AuditEntry.object_kind == "card_group"))
        assert ("group.changed", "operator") in [tuple(row) for row in acts]


def test_a_destination_is_denied_and_allowed_again(owner: Visitor, world: World) -> None:
    page = f"/groups/{world.group_id}"
    rule = f"{page}/rule"
    refused = owner.post(page, rule, prefix="882", act="deny", reason="")
    assert "needs a reason" in text_of(owner.get(refused.location))
    owner.post(page, rule, prefix="882", act="deny", reason="fraud")
    assert "882 denied fraud" in text_of(owner.get(page))
    owner.post(page, rule, prefix="882", act="forget")
    assert "882" not in text_of(owner.get(page)).replace("The rule for 882 is gone.", "")
    assert owner.post(page, rule, prefix="882", act="explode").status_code == 400


def test_other_minutes_are_announced_for_a_destination(owner: Visitor, world: World) -> None:
    page = f"/groups/{world.group_id}"
    owner.post(page, f"{page}/announcement", prefix="44", percent="80")
    assert "44 80 %" in text_of(owner.get(page))
    owner.post(page, f"{page}/announcement", prefix="44", percent="500")
    assert "44 80 %" in text_of(owner.get(page))
    owner.post(page, f"{page}/announcement", prefix="44")
    assert "44 80 %" not in text_of(owner.get(page))


def test_who_makes_no_cards_reads_groups_and_changes_none(signed_in: Callable[..., Visitor], world: World) -> None:
    auditor, page = signed_in(Role.AUDITOR), f"/groups/{world.group_id}"
    assert "What the caller goes through" in text_of(auditor.get(page))
    assert ">Edit<" not in auditor.get(page).text
    for act in ("rule", "announcement"):
        assert auditor.post(page, f"{page}/{act}", prefix="44").status_code == 403
