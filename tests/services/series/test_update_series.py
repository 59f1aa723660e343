"""A series after its cards are made: what may change, what it does to the cards, and that it is told before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from factories import BRITAIN, NOW, World, a_rate_table, a_world, answered, micros, row
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.card_acts import CardAct, SeriesAct
from billing.card_check import check_card
from billing.refusals import Refusal
from billing.states import CardStatus, ExpiryGivenBy, SeriesStatus
from models import AuditEntry, Card, CardSeries, LedgerEntry, LedgerKind, Reseller
from models.database import make_read_engine
from services.audit.audit import Actor, Door
from services.calls.identify_card import check_bound_card
from services.cards.card_order import ActRefused, CardOrder
from services.cards.card_range import CardRange
from services.cards.change_card_state import preview_card_act
from services.series import apply_expiry, recompute_expiry
from services.series.change_series_state import change_series_state
from services.series.preview_series import SeriesPreview
from services.series.update_series import preview_series, update_series
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile

if TYPE_CHECKING:
    from sqlalchemy import Engine

ACTOR = Actor("olga", Door.CONSOLE)
DAY = timedelta(days=1)


def save(world: World, version: int | None = None, *, now: datetime = NOW, **changes: Any) -> SeriesPreview:  # noqa: ANN401
    """What was told before is what was done."""
    told = preview_series(world.session, world.series_id, changes, now, UTC)
    saved = update_series(world.session, world.series_id, version, changes, ACTOR, now, UTC)
    assert saved.touched == told
    return told


def mark(world: World, act: SeriesAct, **how: Any) -> int:  # noqa: ANN401
    return change_series_state(world.session, world.series_id, act, ACTOR, NOW, **how).calls_up


def cards(world: World, *columns: Any) -> list[Any]:  # noqa: ANN401
    return [tuple(found) for found in world.session.execute(select(*columns).order_by(Card.serial))]


@pytest.mark.parametrize(
    "field", ["number", "face_value_micros", "quantity", "pin_length", "first_serial", "card_group_id"]
)
def test_number_balance_and_quantity_are_fixed(world: World, field: str) -> None:
    """JC-9, JC-55."""
    with pytest.raises(FieldsRefused, match="is fixed once it is made"):
        save(world, **{field: 2})


def test_name_notes_and_portal_change_and_touch_no_card(world: World) -> None:
    """JC-55, JC-56."""
    assert save(world, 1, name="Telecard", notes="For shops", portal_login=True).is_quiet
    series = world.session.get_one(CardSeries, world.series_id)
    assert (series.name, series.notes, series.portal_login, series.version) == ("Telecard", "For shops", True, 2)


def test_two_operators_cannot_overwrite_each_other_unseen(world: World) -> None:
    """JC-59."""
    save(world, 1, name="One")
    with pytest.raises(ChangedMeanwhile):
        save(world, 1, name="Two")


def test_a_new_rate_table_holds_for_the_next_call_and_never_for_one_that_is_up(world: World) -> None:
    """JC-57."""
    world.call("up")
    dear = {"prefix": "44", "destination_name": "United Kingdom", "price_per_minute_micros": 120_000}
    save(world, rate_table_id=a_rate_table(world.session, "Dear", [dear]))
    assert world.settle(answered("up", 60)).cost_micros == micros("0.06")
    assert world.good_quote(BRITAIN).price.tariff.price_per_minute_micros == 120_000


def test_a_rate_table_of_another_currency_is_refused(world: World) -> None:
    """JC-33."""
    euro_id = a_rate_table(world.session, "Euro", (), currency="EUR")
    with pytest.raises(FieldsRefused, match="choose a table in USD"):
        save(world, rate_table_id=euro_id)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rate_table_id": None}, "whole number"),
        ({"rate_table_id": 999}, "no such rate table"),
        ({"tax_profile_id": 999}, "no such tax profile"),
        ({"routing_plan_id": 999}, "no such routing plan"),
        ({"reseller_id": 999}, "no such reseller"),
        ({"activation_fee_micros": -1}, "negative"),
        ({"maintenance_every_hours": 0}, "from 1"),
        ({"expiry_period_days": 0}, "from 1"),
        ({"expiry_grace_days": -1}, "from 0"),
        ({"expiry_date": date(9999, 1, 1)}, "too far"),
        ({"expiry_date": "tomorrow"}, "2027-12-31"),
        ({"initial_card_status": "used"}, "inactive or pending"),
        ({"status": "gone"}, "active, stopped, deleted"),
    ],
)
def test_each_rule_is_refused_with_what_to_change(world: World, change: dict[str, Any], told: str) -> None:
    with pytest.raises(FieldsRefused, match=told):
        save(world, **change)
    assert world.session.scalars(select(AuditEntry.act)).all() == []


def test_a_reseller_can_own_the_series(world: World) -> None:
    """JC-12."""
    reseller_id = row(world.session, Reseller, name="Reseller 1", is_enabled=True)
    save(world, reseller_id=reseller_id)
    assert world.session.get_one(CardSeries, world.series_id).reseller_id == reseller_id


def test_a_new_fee_books_the_old_one_first_and_counts_from_now(session: Session) -> None:
    """JC-57, features.md 3.6: for fees from now on, never for past ones."""
    world = a_world(session, series={"maintenance_fee_micros": micros("0.25")})
    world.set_card(status=CardStatus.ACTIVATED, activated_at=NOW - 3 * DAY)
    save(world, maintenance_fee_micros=micros("1.00"))
    fees = select(func.sum(LedgerEntry.amount_micros)).where(LedgerEntry.kind == LedgerKind.MAINTENANCE_FEE)
    assert session.scalar(fees) == micros("0.75")
    save(world, now=NOW + DAY, maintenance_fee_micros=0)
    assert session.scalar(fees) == micros("1.75")
    assert world.is_proved()


def test_a_first_fee_charges_no_past_period(world: World) -> None:
    world.set_card(status=CardStatus.ACTIVATED, activated_at=NOW - 3 * DAY)
    save(world, maintenance_fee_micros=micros("1.00"))
    assert cards(world, Card.maintenance_periods_done) == [(3,), (0,)]


def test_an_earlier_date_expires_cards_and_says_how_many(world: World) -> None:
    """JC-58."""
    assert save(world, expiry_date=date(2026, 11, 21)) == SeriesPreview(cards=2, dated=2, expired=2)
    assert cards(world, Card.expires_at) == [(datetime(2026, 11, 22, tzinfo=UTC),)] * 2
    assert world.keyed()


def test_a_later_date_revives_cards_and_says_how_many(session: Session) -> None:
    """JC-58, features.md 3.2: expired, and the state before it."""
    world = a_world(session, series={"expiry_date": date(2026, 11, 20)})
    world.set_card(status=CardStatus.EXPIRED, status_before=CardStatus.PENDING)
    assert save(world, expiry_date=date(2026, 12, 31)) == SeriesPreview(cards=2, dated=2, revived=2)
    assert cards(world, Card.status) == [(CardStatus.PENDING,)] * 2


def test_a_shorter_period_counts_from_each_activation(world: World) -> None:
    """JC-58, JC-39."""
    world.set_card(status=CardStatus.ACTIVATED, activated_at=NOW - 40 * DAY)
    assert save(world, expiry_period_days=30) == SeriesPreview(cards=2, dated=1, expired=1)


def test_a_date_that_an_operator_gave_stays(world: World) -> None:
    given = {"expires_at": NOW + 5 * DAY, "expiry_given_by": ExpiryGivenBy.OPERATOR}
    world.set_card(**given)
    assert save(world, expiry_date=date(2026, 11, 1)).dated == 1
    assert cards(world, Card.expires_at)[0] == (NOW + 5 * DAY,)


def test_a_new_initial_status_moves_all_cards_that_no_one_activated(session: Session) -> None:
    """JC-30."""
    world = a_world(session, series={"quantity": 4})
    world.set_card(1, status=CardStatus.ACTIVATED, activated_at=NOW)
    world.set_card(2, status=CardStatus.BLOCKED, status_before=CardStatus.PENDING)
    world.set_card(3, sold_at=NOW)
    told = save(world, initial_card_status=CardStatus.INACTIVE)
    assert (told.moved, told.moved_sold) == (3, 1)
    stand = [
        (status.value, before and before.value) for status, before in cards(world, Card.status, Card.status_before)
    ]
    assert stand == [("inactive", None), ("activated", None), ("blocked", "inactive"), ("inactive", None)]
    save(world, initial_card_status=CardStatus.PENDING)
    assert [status.value for (status,) in cards(world, Card.status)] == ["pending", "activated", "blocked", "pending"]


def test_a_stopped_series_refuses_its_cards_and_can_be_active_again(world: World) -> None:
    """JC-5, JC-6; F18: a call that is up goes on."""
    world.call("up")
    assert mark(world, SeriesAct.STOP, reason="misprint") == 1
    assert world.card().standing.series_status is SeriesStatus.STOPPED
    assert check_bound_card(world.session, world.access(), "37061234567", NOW) is None
    assert refusal(world) is Refusal.CARD_BLOCKED
    assert world.settle(answered("up", 60)).cost_micros == micros("0.06")
    mark(world, SeriesAct.ACTIVATE)
    assert refusal(world) is None
    acts = [tuple(found) for found in world.session.execute(select(AuditEntry.act, AuditEntry.reason))]
    assert acts == [("series.stop", "misprint"), ("series.activate", None)]
    assert world.is_proved()


def refusal(world: World) -> Refusal | None:
    return check_card(world.card().standing, NOW)


def test_deleted_is_a_mark_and_comes_back_stopped(world: World) -> None:
    """JC-7: history stays readable."""
    mark(world, SeriesAct.DELETE)
    assert refusal(world) is Refusal.CARD_BLOCKED
    with pytest.raises(ActRefused, match="stop it first"):
        mark(world, SeriesAct.ACTIVATE)
    mark(world, SeriesAct.STOP)
    mark(world, SeriesAct.ACTIVATE)
    assert refusal(world) is None


@pytest.mark.parametrize("act", [SeriesAct.ACTIVATE])
def test_an_act_without_effect_is_told(world: World, act: SeriesAct) -> None:
    with pytest.raises(ActRefused, match="Series 1 is active: there is nothing to do"):
        mark(world, act)


def test_the_status_can_be_saved_with_the_form(world: World) -> None:
    """JC-55: told with the number of cards."""
    assert save(world, status=SeriesStatus.STOPPED, name="Stopped").refused == 2
    assert world.session.get_one(CardSeries, world.series_id).version == 3
    assert save(world, status=SeriesStatus.ACTIVE).refused == 0


def test_a_stop_books_what_is_owed_and_the_time_after_it_is_never_charged(session: Session) -> None:
    """JC-6, features.md 3.6."""
    world = a_world(session, series={"maintenance_fee_micros": micros("0.25")})
    world.set_card(status=CardStatus.ACTIVATED, activated_at=NOW - 3 * DAY)
    mark(world, SeriesAct.STOP)
    later = NOW + 10 * DAY
    change_series_state(session, world.series_id, SeriesAct.ACTIVATE, ACTOR, later)
    fees = select(func.sum(LedgerEntry.amount_micros)).where(LedgerEntry.kind == LedgerKind.MAINTENANCE_FEE)
    assert session.scalar(fees) == micros("0.75")
    assert cards(world, Card.maintenance_periods_done)[0] == (13,)
    assert world.is_proved()


def test_the_dates_of_a_large_series_follow_in_steps_that_can_be_killed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JC-58: each step is a short transaction; a newer rule takes the place of an unfinished job."""
    monkeypatch.setattr(apply_expiry, "CARDS_AT_ONCE_MAX", 1)
    monkeypatch.setattr(recompute_expiry, "CARDS_A_CHUNK", 1)
    save(world, expiry_date=date(2027, 1, 31))
    assert cards(world, Card.expires_at) == [(None,)] * 2
    job = apply_expiry.find_expiry_job(world.session, 1)
    assert job is not None
    assert apply_expiry.apply_expiry_step(world.session, job.id, NOW, UTC)
    save(world, expiry_date=date(2027, 2, 28))
    assert not apply_expiry.apply_expiry_step(world.session, job.id, NOW, UTC)
    newer = apply_expiry.find_expiry_job(world.session)
    assert newer is not None
    steps = [apply_expiry.apply_expiry_step(world.session, newer.id, NOW, UTC) for _ in range(3)]
    assert steps == [True, True, False]
    assert cards(world, Card.expires_at) == [(datetime(2027, 3, 1, tzinfo=UTC),)] * 2
    assert apply_expiry.find_expiry_job(world.session, 1) is None
    assert world.is_proved()


def test_previews_need_no_right_to_write(engine: Engine, database_url: str) -> None:
    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        session.commit()
    reader = make_read_engine(database_url)
    with Session(reader) as reading:
        order = CardOrder(CardAct.BLOCK, CardRange(world.series_id), reason="lost")
        assert preview_card_act(reading, order).changed == 2
        assert preview_series(reading, world.series_id, {"expiry_date": date(2026, 1, 1)}, NOW, UTC).expired == 2
    reader.dispose()
