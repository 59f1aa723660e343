"""Card groups: created, changed with a version check, and every rule refused with what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from factories import KEYS, NOW, World, a_group, a_plan, a_series, a_world, at_once
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from billing.states import CardType
from models import AuditEntry, CardGroup, IvrPlanGroup, Wallet
from services.audit.audit import Actor, Door
from services.products.card_group_fields import GROUP_FIELDS
from services.products.save_card_group import create_card_group, update_card_group
from services.series.create_series import create_series
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile, NotThere
from services.store.write_guarded import write_guarded

if TYPE_CHECKING:
    from sqlalchemy import Engine

ACTOR = Actor("olga", Door.CONSOLE)
NEW = {"name": "Telecard", "currency": "USD"}


def problems(session: Session, values: dict[str, Any], group_id: int | None = None, **how: bool) -> dict[str, str]:
    def save() -> object:
        if group_id is None:
            return create_card_group(session, {**NEW, **values}, ACTOR, NOW, **how)
        return update_card_group(session, group_id, None, values, ACTOR, NOW, **how)

    with pytest.raises(FieldsRefused) as refused:
        save()
    return refused.value.problems


def test_a_group_needs_only_name_and_currency(session: Session) -> None:
    """M-13, features.md 0.3: everything else has its default."""
    saved = create_card_group(session, NEW, ACTOR, NOW)
    group = session.get_one(CardGroup, saved.id)
    assert (group.number_length, group.card_entry_attempts_max, group.ghost_minutes_percent) == (10, 3, 100)
    assert (group.calls_max, group.call_seconds_min, group.call_seconds_max) == (1, 10, 14_400)
    assert session.scalars(select(Wallet.id).where(Wallet.currency == "USD")).all()
    assert session.scalars(select(AuditEntry.act)).all() == ["group.created"]


def test_the_table_of_fields_holds_every_setting_of_a_group() -> None:
    columns = {column.name for column in CardGroup.__table__.c} - {"id", "version"}
    assert {field.name for field in GROUP_FIELDS} == columns


@pytest.mark.parametrize(
    ("values", "field", "told"),
    [
        ({"name": " "}, "name", "0 characters"),
        ({"name": "x" * 121}, "name", "1 to 120"),
        ({"currency": "XXX"}, "currency", "ISO code"),
        ({"card_type": "golden"}, "card_type", "standard, rechargeable, unlimited, disposable"),
        ({"number_length": 9}, "number_length", "10 to 18"),
        ({"number_length": 19}, "number_length", "10 to 18"),
        ({"pin_entry_mode": "pin"}, "pin_entry_mode", "number_and_pin, pin_only"),
        ({"card_entry_attempts_max": 0}, "card_entry_attempts_max", "1 to 10"),
        ({"destination_attempts_max": 11}, "destination_attempts_max", "1 to 10"),
        ({"calls_per_session_max": 11}, "calls_per_session_max", "1 to 10"),
        ({"ghost_minutes_percent": 19}, "ghost_minutes_percent", "20"),
        ({"ghost_minutes_percent": 1}, "ghost_minutes_percent", "20"),
        ({"ghost_balance_percent": 201}, "ghost_balance_percent", "200"),
        ({"ghost_minutes_percent": 110}, "ghost_minutes_percent", "allow_ghost_above_100"),
        ({"calls_max": 0}, "calls_max", "1 to 100"),
        ({"call_seconds_min": 20, "call_seconds_max": 10}, "call_seconds_min", "longer than the longest"),
        ({"call_seconds_max": 86_401}, "call_seconds_max", "1 to 86400"),
        ({"sale_price_micros": -1}, "sale_price_micros", "negative"),
        ({"balance_min_to_call_micros": -1}, "balance_min_to_call_micros", "negative"),
        ({"spend_a_day_max_micros": -1}, "spend_a_day_max_micros", "negative"),
        ({"empty_below_micros": 10**19}, "empty_below_micros", "too large"),
        ({"talk_seconds_a_day_max": 0}, "talk_seconds_a_day_max", "1 to"),
        ({"recharge_min_micros": 2, "recharge_max_micros": 1}, "recharge_min_micros", "above the most"),
        ({"routing_plan_id": 999}, "routing_plan_id", "no such routing plan"),
        ({"says_time": "maybe"}, "says_time", "yes or no"),
        ({"calls_max": 1.5}, "calls_max", "whole number"),
        ({"version": 7}, "version", "no field"),
    ],
)
def test_each_rule_is_refused_with_what_to_change(
    session: Session, values: dict[str, Any], field: str, told: str
) -> None:
    """features.md 0.3, 3.3."""
    found = problems(session, values)
    assert set(found) == {field}
    assert told in found[field]
    assert session.scalars(select(CardGroup.id)).all() == []


def test_every_problem_is_told_at_once(session: Session) -> None:
    assert set(problems(session, {"number_length": 9, "calls_max": 0})) == {"number_length", "calls_max"}


def test_more_than_the_truth_is_announced_only_where_the_platform_permits_it(session: Session) -> None:
    """features.md 3.3."""
    create_card_group(session, {**NEW, "ghost_minutes_percent": 120}, ACTOR, NOW, ghost_above_100_allowed=True)
    assert (
        "20" in problems(session, {"ghost_minutes_percent": 13}, ghost_above_100_allowed=True)["ghost_minutes_percent"]
    )


def test_a_name_that_is_taken_is_refused_on_both_ways(world: World) -> None:
    assert "is a group Group already" in problems(world.session, {"name": "Group"})[""]
    other_id = a_group(world.session, name="Other")
    assert "is a group Group already" in problems(world.session, {"name": "Group"}, other_id)[""]
    assert world.is_proved()


def test_no_error_of_the_database_reaches_the_operator(session: Session) -> None:
    broken = insert(CardGroup).values(name="x", currency="USD", number_length=5).returning(CardGroup.id)
    with pytest.raises(IntegrityError):
        session.execute(broken)
    session.rollback()
    with pytest.raises(FieldsRefused, match="refuses these values"):
        write_guarded(session, broken, {})


def test_two_operators_cannot_overwrite_each_other_unseen(world: World) -> None:
    """JC-59."""
    assert update_card_group(world.session, world.group_id, 1, {"calls_max": 2}, ACTOR, NOW).version == 2
    with pytest.raises(ChangedMeanwhile, match="version 2, you changed version 1"):
        update_card_group(world.session, world.group_id, 1, {"calls_max": 3}, ACTOR, NOW)
    with pytest.raises(NotThere):
        update_card_group(world.session, 999, 1, {"calls_max": 3}, ACTOR, NOW)


def test_of_two_operators_that_save_at_once_one_is_told(engine: Engine) -> None:
    """JC-59; F28: for groups; cards have no field that two could edit."""

    def save(calls_max: int) -> Any:  # noqa: ANN401
        def work(session: Session) -> str:
            try:
                update_card_group(session, group_id, 1, {"calls_max": calls_max}, ACTOR, NOW)
            except ChangedMeanwhile:
                return "told"
            return "saved"

        return work

    with Session(engine) as session:
        group_id = a_group(session)
        session.commit()
    assert sorted(at_once(engine, [save(2), save(3)])) == ["saved", "told"]


def test_saving_what_is_there_changes_nothing_and_notes_nothing(world: World) -> None:
    assert update_card_group(world.session, world.group_id, 1, {"calls_max": 1}, ACTOR, NOW).version == 1
    assert world.session.scalars(select(AuditEntry.act)).all() == []


def test_the_audit_log_holds_what_changed_before_and_after(world: World) -> None:
    update_card_group(world.session, world.group_id, 1, {"card_type": "disposable", "calls_max": 1}, ACTOR, NOW)
    entry = world.session.execute(select(AuditEntry.act, AuditEntry.before, AuditEntry.after)).one()
    assert tuple(entry) == ("group.changed", {"card_type": "standard"}, {"card_type": "disposable"})
    assert world.card().group.card_type is CardType.DISPOSABLE


def test_a_group_with_series_keeps_its_number_length_and_currency(world: World) -> None:
    found = problems(world.session, {"number_length": 11, "currency": "EUR"}, world.group_id)
    assert "series 1 have 10 digits" in found["number_length"]
    assert "series in USD" in found["currency"]


def test_pins_that_are_too_short_to_log_in_alone_keep_the_number(session: Session) -> None:
    """features.md 3.9."""
    world = a_world(session, series={"pin_length": 8, "quantity": 11})
    found = problems(session, {"pin_entry_mode": "pin_only"}, world.group_id)
    assert "11 cards are too many for PINs of 8 digits" in found["pin_entry_mode"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"card_entry_attempts_max": 5}, "same number of tries"),
        ({"pin_entry_mode": "pin_only"}, "one way"),
    ],
)
def test_a_group_cannot_leave_the_agreement_of_its_plan(world: World, change: dict[str, Any], told: str) -> None:
    """features.md 0.3: the group is not known before the card is."""
    other_id = a_group(world.session, name="Other")
    world.session.execute(insert(IvrPlanGroup).values(ivr_plan_id=world.plan_id, card_group_id=other_id))
    found = problems(world.session, change, world.group_id)
    assert told in found[""]
    assert "Group has" in found[""]
    assert "Other" in found[""]


def test_a_group_of_two_pin_lengths_cannot_ask_for_the_pin_alone_in_its_plan(session: Session) -> None:
    group_id = a_group(session, name="Mixed")
    table_id = a_world(session, series={"number": 9}).rate_table_id
    for number, pin_length in ((1, 12), (2, 13)):
        create_series(session, KEYS, a_series(group_id, table_id, number=number, pin_length=pin_length), NOW)
    a_plan(session, [group_id], name="Second", access={"number": "18005550199"})
    assert "one PIN length (Mixed 12 and 13)" in problems(session, {"pin_entry_mode": "pin_only"}, group_id)[""]
