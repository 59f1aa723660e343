"""IVR plans: the groups that they accept agree, their numbers lead to one plan, and nonsense is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from factories import ACCESS, KEYS, NOW, World, a_group, a_plan, a_series, micros
from sqlalchemy import select

from billing.states import PinEntryMode
from models import AccessNumber, AuditEntry
from services.audit.audit import Actor, Door
from services.calls.access import find_access
from services.products.save_access_number import save_access_number
from services.products.save_ivr_plan import SavedPlan, save_ivr_plan
from services.series.create_series import create_series
from services.store.fields import FieldsRefused
from services.store.version_check import NotThere

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ACTOR = Actor("olga", Door.CONSOLE)


def save(session: Session, plan_id: int | None = None, **values: Any) -> SavedPlan:  # noqa: ANN401
    return save_ivr_plan(session, plan_id, values, ACTOR, NOW, known_languages=("en", "es"))


def test_a_new_plan_answers_on_its_numbers(world: World) -> None:
    """M-15, M-16."""
    numbers = ["+18005550177", "18005550178"]
    saved = save(world.session, name="New", languages=["es"], group_ids=[world.group_id], access_numbers=numbers)
    assert saved.warnings == ()
    access = find_access(world.session, "18005550177")
    assert access is not None
    assert (access.plan_id, access.first_language, access.group_ids) == (saved.id, "es", {world.group_id})
    assert world.session.scalars(select(AuditEntry.act)).all() == ["plan.created"]


def test_an_access_number_belongs_to_one_plan_at_a_time(world: World) -> None:
    """M-16."""
    saved = save(world.session, name="New", languages=["en"], group_ids=[world.group_id], access_numbers=[ACCESS])
    assert saved.warnings == (f"The access number {ACCESS} left the plan Plan.",)
    assert world.access().plan_id == saved.id


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"pin_entry_mode": PinEntryMode.PIN_ONLY}, "ask for the card in one way, but Group has number_and_pin"),
        ({"number_length": 11}, "numbers of one length, but Group has 10 and Other 11"),
        ({"card_entry_attempts_max": 5}, "same number of tries, but Group has 3 and Other 5"),
    ],
)
def test_groups_that_disagree_are_refused_with_both_values(world: World, other: dict[str, Any], told: str) -> None:
    """features.md 0.3."""
    other_id = a_group(world.session, name="Other", **other)
    with pytest.raises(FieldsRefused, match=told):
        save(world.session, world.plan_id, group_ids=[world.group_id, other_id])
    assert world.access().group_ids == {world.group_id}


def test_where_the_pin_alone_is_asked_all_series_have_one_pin_length(world: World) -> None:
    """features.md 0.3."""
    ids = []
    for place, pin_length in enumerate((12, 13)):
        ids.append(a_group(world.session, name=f"Alone {pin_length}", pin_entry_mode=PinEntryMode.PIN_ONLY))
        terms = a_series(ids[-1], world.rate_table_id, number=5 + place, pin_length=pin_length)
        create_series(world.session, KEYS, terms, NOW)
    with pytest.raises(FieldsRefused, match=r"one PIN length \(Alone 12 12; Alone 13 13\)"):
        save(world.session, world.plan_id, group_ids=ids)
    save(world.session, world.plan_id, group_ids=ids[:1])
    assert world.access().entry.pin_length == 12


def test_what_cannot_work_so_is_told_but_saved(world: World) -> None:
    """PINless works only where plan and group allow it."""
    saved = save(world.session, world.plan_id, pinless_enabled=True)
    assert [warning.split(",")[0] for warning in saved.warnings] == ["PINless is enabled"]
    world.set_group(pinless_allowed=True)
    assert save(world.session, world.plan_id).warnings == ()
    assert len(save(world.session, name="Empty", languages=["en"]).warnings) == 2


@pytest.mark.parametrize(
    ("values", "field", "told"),
    [
        ({"name": "Plan"}, "", "is an IVR plan Plan already"),
        ({"languages": ["fr"]}, "languages", "no prompts in fr"),
        ({"languages": []}, "languages", "at least one"),
        ({"languages": ["en", "en"]}, "languages", "only once"),
        ({"first_key_seconds": 2}, "first_key_seconds", "3 to 60"),
        ({"next_key_seconds": 31}, "next_key_seconds", "1 to 30"),
        ({"caller_id_digits_min": 2}, "caller_id_digits_min", "3 to 15"),
        ({"rewrite_rules": [{"match_prefix": "a"}]}, "rewrite_rules", "Rewriting rule 1"),
        ({"rewrite_rules": [{"prefix": "0"}]}, "rewrite_rules", "unknown parts"),
        ({"rewrite_rules": [{}] * 51}, "rewrite_rules", "at most 50"),
        ({"emergency_numbers": ["1"]}, "emergency_numbers", "2 to 8 digits"),
        ({"warning_seconds": [30, 60]}, "warning_seconds", "longest first"),
        ({"warning_seconds": [0]}, "warning_seconds", "1 to 600"),
        ({"group_ids": [999]}, "group_ids", "no such card group"),
        ({"access_numbers": ["call me"]}, "number", "2 to 15 digits"),
    ],
)
def test_each_rule_is_refused_with_what_to_change(world: World, values: dict[str, Any], field: str, told: str) -> None:
    other_id = a_plan(world.session, [], name="Other plan", access={"number": "18005550190"})
    with pytest.raises(FieldsRefused) as refused:
        save(world.session, other_id, **values)
    assert told in refused.value.problems[field]


def test_a_new_plan_needs_a_name_and_a_language(session: Session) -> None:
    with pytest.raises(FieldsRefused) as refused:
        save(session)
    assert set(refused.value.problems) == {"name", "languages"}
    with pytest.raises(NotThere):
        save(session, 999, name="x")


def test_saving_what_is_there_notes_nothing(world: World) -> None:
    save(world.session, world.plan_id, first_key_seconds=10, access_numbers=[ACCESS])
    assert world.session.scalars(select(AuditEntry.act)).all() == []


def test_a_number_has_its_language_and_surcharge(world: World) -> None:
    values = {"language": "es", "surcharge_micros": micros("0.05"), "is_enabled": False}
    save_access_number(world.session, ACCESS, values, ACTOR, NOW)
    assert find_access(world.session, ACCESS) is None
    save_access_number(world.session, ACCESS, {"is_enabled": True}, ACTOR, NOW)
    assert (world.access().language, world.access().surcharge.fee_micros) == ("es", micros("0.05"))
    with pytest.raises(FieldsRefused, match="needs its IVR plan"):
        save_access_number(world.session, "18005550155", {}, ACTOR, NOW)
    with pytest.raises(FieldsRefused, match="no such IVR plan"):
        save_access_number(world.session, "18005550155", {"ivr_plan_id": 999}, ACTOR, NOW)
    with pytest.raises(FieldsRefused, match="negative"):
        save_access_number(world.session, ACCESS, {"surcharge_micros": -1}, ACTOR, NOW)
    assert world.session.scalars(select(AccessNumber.number)).all() == [ACCESS]
