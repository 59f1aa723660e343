"""What an access number leads to, and when it leads nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from factories import ACCESS, KEYS, NOW, World, a_group, a_series, a_world
from sqlalchemy import insert, update

from billing.rating import Tax
from billing.states import PinEntryMode, SeriesStatus
from billing.taxes import CallTaxes
from models import AccessNumber, DestinationRule, GhostPercent, IvrPlan, IvrPlanGroup
from services.calls.access import find_access
from services.series.create_series import create_series

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def test_an_access_number_tells_how_cards_are_entered_there(world: World) -> None:
    access = world.access()
    assert (access.entry.mode, access.entry.number_length) == (PinEntryMode.NUMBER_AND_PIN, 10)
    assert (access.entry.pin_length, access.entry.attempts_max) == (12, 3)
    assert access.group_ids == {world.group_id}
    assert access.first_language == "en"


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (AccessNumber, {"is_enabled": False}),
        (IvrPlan, {"is_enabled": False}),
        (IvrPlan, {"languages": []}),
    ],
)
def test_a_closed_access_number_leads_nowhere(world: World, table: type, values: dict[str, Any]) -> None:
    world.session.execute(update(table).values(values))
    world.session.expire_all()
    assert find_access(world.session, ACCESS) is None


def test_an_unknown_number_leads_nowhere(world: World) -> None:
    assert find_access(world.session, "18005559999") is None


def test_a_plan_without_a_group_leads_nowhere(world: World) -> None:
    world.session.execute(IvrPlanGroup.__table__.delete())
    assert find_access(world.session, ACCESS) is None


def test_series_of_different_pin_lengths_leave_the_length_open(world: World) -> None:
    """The entry then ends by '#' or a pause: no length is typed twice, and no PIN is cut off (2b, MOR's pitfall)."""
    terms = a_series(world.group_id, world.rate_table_id, number=2, pin_length=14)
    create_series(world.session, KEYS, terms, NOW)
    assert world.access().entry.pin_length is None
    assert world.access().entry.pin_digits_max == 16


def test_a_deleted_series_asks_for_no_pin_length_but_its_cards_are_known(world: World) -> None:
    terms = a_series(world.group_id, world.rate_table_id, number=2, pin_length=14)
    create_series(world.session, KEYS, terms, NOW)
    world.set_series(status=SeriesStatus.DELETED)
    assert world.access().entry.pin_length == 14
    assert world.access().group_ids == {world.group_id}


def test_two_groups_may_share_a_plan(world: World) -> None:
    other_id = a_group(world.session, name="Other")
    world.session.execute(insert(IvrPlanGroup).values(ivr_plan_id=world.plan_id, card_group_id=other_id))
    create_series(world.session, KEYS, a_series(other_id, world.rate_table_id, number=2), NOW)
    assert world.access().group_ids == {world.group_id, other_id}
    assert world.access().entry.pin_length == 12


def test_what_holds_for_the_groups_of_the_plan_comes_along(session: Session) -> None:
    world = a_world(session, taxes=(("VAT", 20), ("City", 1)))
    foreign_id = a_group(session, name="Foreign")
    for group_id, prefix in ((None, "882"), (world.group_id, "4490"), (foreign_id, "1900")):
        values = {"card_group_id": group_id, "prefix": prefix, "reason": "fraud"}
        session.execute(insert(DestinationRule).values(values))
    for group_id in (world.group_id, foreign_id):
        session.execute(insert(GhostPercent).values(card_group_id=group_id, prefix="44", minutes_percent=90))
    access = world.access()
    assert access.platform_rules.denied == ("882",)
    assert {group_id: rules.denied for group_id, rules in access.group_rules.items()} == {world.group_id: ("4490",)}
    assert access.ghost_percents == {world.group_id: {"44": 90}}
    assert list(access.taxes.values()) == [CallTaxes((Tax("VAT", 200_000), Tax("City", 10_000)))]
    assert len(access.house) == 6


def test_a_language_of_the_plan_is_spoken_where_the_number_has_none(session: Session) -> None:
    world = a_world(session, plan={"languages": ["es", "en"]}, access={"language": None})
    assert world.access().first_language == "es"
