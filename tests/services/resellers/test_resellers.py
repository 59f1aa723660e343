"""JC-12: resellers own series and see only theirs."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, NOW, World, a_series, answered, row
from sqlalchemy import select

from models import AuditEntry, CardSeries, Reseller
from services.audit.audit import Actor, Door
from services.calls.call_report import HIDDEN_FROM_RESELLERS, CallFilter, calls
from services.cards.card_report import find_card_by_number
from services.resellers.reseller_report import reseller_list
from services.resellers.save_reseller import SavedReseller, assign_series, create_reseller, update_reseller
from services.series.create_series import create_series
from services.series.series_report import find_series_report, series_list
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

OPERATOR = Actor("ann", Door.CONSOLE)


@pytest.fixture
def two(world: World) -> tuple[World, int, int]:
    """A world of two series, each of another reseller."""
    create_series(world.session, KEYS, a_series(world.group_id, world.rate_table_id, number=2), NOW, UTC)
    first, second = (create_reseller(world.session, {"name": name}, OPERATOR, NOW).id for name in ("One", "Two"))
    assign_series(world.session, first, [1], OPERATOR, NOW, UTC)
    assign_series(world.session, second, [2], OPERATOR, NOW, UTC)
    return world, first, second


def test_a_reseller_is_made_changed_and_audited(session: Session) -> None:
    made = create_reseller(session, {"name": "One"}, OPERATOR, NOW)
    assert update_reseller(session, made.id, 1, {"is_enabled": False}, OPERATOR, NOW) == SavedReseller(made.id, 2)
    with pytest.raises(ChangedMeanwhile):
        update_reseller(session, made.id, 1, {"name": "Two"}, OPERATOR, NOW)
    with pytest.raises(FieldsRefused, match="is a reseller One already"):
        create_reseller(session, {"name": "One"}, OPERATOR, NOW)
    with pytest.raises(FieldsRefused, match="name is needed"):
        create_reseller(session, {}, OPERATOR, NOW)
    acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.number))
    assert list(acts) == ["reseller.created", "reseller.changed"]


def test_a_reseller_sees_its_own_series_only(two: tuple[World, int, int]) -> None:
    world, first, second = two
    assert [series["number"] for series in series_list(world.session)] == [2, 1]
    assert [series["number"] for series in series_list(world.session, reseller_id=first)] == [1]
    assert find_series_report(world.session, 2, reseller_id=first) is None
    found = find_series_report(world.session, 2, reseller_id=second)
    assert found is not None
    assert found["reseller"] == "Two"
    assert [(one["name"], one["series"], one["cards"]) for one in reseller_list(world.session)] == [
        ("One", [1], 2),
        ("Two", [2], 2),
    ]


def test_a_reseller_sees_its_own_cards_only(two: tuple[World, int, int]) -> None:
    world, first, second = two
    number = world.cards[0].number
    assert find_card_by_number(world.session, number, reseller_id=first) == find_card_by_number(world.session, number)
    assert find_card_by_number(world.session, number, reseller_id=second) is None


def test_a_reseller_sees_its_own_calls_without_what_we_pay(two: tuple[World, int, int]) -> None:
    world, first, second = two
    world.call("c1")
    world.settle(answered("c1", 60))
    assert calls(world.session, CallFilter(reseller_id=second)) == []
    [own] = calls(world.session, CallFilter(reseller_id=first))
    assert own["cost_micros"] == 60_000
    assert not set(HIDDEN_FROM_RESELLERS) & set(own)
    [ours] = calls(world.session, CallFilter())
    assert set(HIDDEN_FROM_RESELLERS) < set(ours)


def test_series_are_given_all_or_none(two: tuple[World, int, int]) -> None:
    world, _, second = two
    with pytest.raises(FieldsRefused, match="no series 7, 8: none was given"):
        assign_series(world.session, second, [1, 7, 8], OPERATOR, NOW, UTC)
    assign_series(world.session, second, [1, 2], OPERATOR, NOW, UTC)
    owners = select(CardSeries.reseller_id).order_by(CardSeries.number)
    assert list(world.session.scalars(owners)) == [second, second]
    assign_series(world.session, None, [1], OPERATOR, NOW, UTC)
    assert list(world.session.scalars(owners)) == [None, second]


def test_no_series_is_given_to_a_reseller_that_is_switched_off(world: World) -> None:
    off = row(world.session, Reseller, name="Off", is_enabled=False)
    with pytest.raises(FieldsRefused, match="reseller Off is switched off"):
        assign_series(world.session, off, [1], OPERATOR, NOW, UTC)
