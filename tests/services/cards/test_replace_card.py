"""Replacing a lost card: everything moves in one transaction, once, and both ledgers name the other card (V-30)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from factories import KEYS, NOW, World, a_group, a_rate_table, a_series, a_world, answered, at_once, micros
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import CardStatus, ExpiryGivenBy, SeriesStatus
from models import AuditEntry, CallerIdBinding, CallerIdBindingEvent, Card, CardSeries, SpeedDial
from services.audit.audit import Actor, Door, broken_links
from services.calls.authorise_call import Authorised
from services.calls.bind_caller_id import bind_caller_id
from services.cards.card_statement import card_statement
from services.cards.replace_card import Replaced, ReplacementRefused, replace_card
from services.series.create_series import create_series
from services.upkeep.charge_fees import book_due_fees

if TYPE_CHECKING:
    from sqlalchemy import Engine

CLERK = Actor("anna", Door.CONSOLE)
BEGAN = NOW - timedelta(days=10)
ENDS = datetime(2026, 12, 12, tzinfo=UTC)
IN_USE = {"status": CardStatus.ACTIVATED, "activated_at": BEGAN, "expires_at": ENDS, "grace_ends_at": ENDS}
OLD, NEW = 0, 1


def replace(world: World, *, old: int = OLD, new: int = NEW, reason: str = "lost") -> Replaced:
    return replace_card(world.session, world.cards[old].card_id, world.cards[new].card_id, reason, CLERK, NOW)


def refused(world: World, **which: Any) -> str:  # noqa: ANN401 (as `replace`)
    before = (world.wallet(OLD), world.wallet(NEW), world.card(OLD).status, world.card(NEW).status, world.ledger())
    with pytest.raises(ReplacementRefused) as told:
        replace(world, **which)
    after = (world.wallet(OLD), world.wallet(NEW), world.card(OLD).status, world.card(NEW).status, world.ledger())
    assert after == before
    return str(told.value)


def stored(world: World, place: int) -> Card:
    query = select(Card).where(Card.id == world.cards[place].card_id)
    return world.session.scalars(query.execution_options(populate_existing=True)).one()


def phones(world: World) -> dict[str, int]:
    return dict(world.session.execute(select(CallerIdBinding.caller_id, CallerIdBinding.card_id)).all())


def test_balance_dates_phone_short_numbers_and_language_move(world: World) -> None:
    world.set_card(OLD, **IN_USE, language="es")
    bind_caller_id(world.session, "37061234567", world.card(OLD), NOW, "ivr")
    old_id, new_id = world.cards[OLD].card_id, world.cards[NEW].card_id
    world.session.add_all([SpeedDial(card_id=old_id, slot=slot, destination=f"4420{slot}") for slot in "12"])
    world.session.add(SpeedDial(card_id=new_id, slot="2", destination="37099"))
    world.session.flush()
    done = replace(world)
    assert (done.amount_micros, done.balance_micros, done.is_repeat) == (micros("5.00"), micros("10.00"), False)
    assert (world.wallet(OLD), world.wallet(NEW)) == ((0, 0, 0), (micros("10.00"), 0, 0))
    old, new = stored(world, OLD), stored(world, NEW)
    assert (new.status, new.activated_at, new.expires_at, new.language) == (CardStatus.ACTIVATED, BEGAN, ENDS, "es")
    assert (old.status, old.status_before, old.replaced_by_card_id) == ("blocked", CardStatus.ACTIVATED, new_id)
    assert old.status_reason == f"replaced by {new.number}: lost"
    assert phones(world) == {"37061234567": new_id}
    events = world.session.execute(select(CallerIdBindingEvent.act, CallerIdBindingEvent.card_id)).all()
    assert events == [("bound", old_id), ("unbound", old_id), ("bound", new_id)]
    slots = world.session.execute(select(SpeedDial.card_id, SpeedDial.slot, SpeedDial.destination)).all()
    assert sorted(slots) == [(new_id, "1", "44201"), (new_id, "2", "37099")]
    assert world.is_proved()


def test_both_ledgers_name_the_other_card(world: World) -> None:
    replace(world)
    old_id, new_id = world.cards[OLD].card_id, world.cards[NEW].card_id
    assert world.ledger() == [("transfer", f"transfer:{old_id}:{new_id}", micros("5.00"))]
    [given] = card_statement(world.session, world.card(OLD)).lines
    [taken] = card_statement(world.session, world.card(NEW)).lines
    assert (given.amount_micros, given.balance_micros, given.other_card) == (-micros("5.00"), 0, world.card(NEW).number)
    assert (taken.amount_micros, taken.balance_micros) == (micros("5.00"), micros("10.00"))
    assert (taken.other_card, taken.reason) == (world.card(OLD).number, "lost")


def test_both_audit_trails_name_the_other_card(world: World) -> None:
    replace(world)
    replace(world)
    gone, come = world.session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
    old, new = world.card(OLD).number, world.card(NEW).number
    assert (gone.act, gone.object_id, gone.after["replaced_by"], gone.reason) == ("card.replaced", old, new, "lost")
    assert (come.act, come.object_id, come.after["replaces"]) == ("card.replaces", new, old)
    assert list(broken_links(world.session)) == []


def test_a_repeat_gives_the_first_result(world: World) -> None:
    first = replace(world)
    again = replace(world)
    assert again.is_repeat
    assert (again.amount_micros, again.balance_micros) == (first.amount_micros, first.balance_micros)
    assert len(world.ledger()) == 1


def test_an_empty_card_moves_its_life_without_a_row(session: Session) -> None:
    world = a_world(session, series={"face_value_micros": 0})
    world.set_card(OLD, **IN_USE)
    assert (replace(world).amount_micros, replace(world).is_repeat) == (0, True)
    assert world.ledger() == []
    assert stored(world, NEW).activated_at == BEGAN


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"status": "pending"}, ("pending", None)),
        ({**IN_USE, "status": "blocked", "status_before": "activated"}, ("activated", None)),
        ({"status": "blocked", "status_before": "pending"}, ("pending", None)),
        ({**IN_USE, "status": "blocked", "status_before": "expired"}, ("activated", None)),
        (
            {**IN_USE, "expires_at": NOW, "grace_ends_at": ENDS, "status": "expired", "status_before": "activated"},
            ("expired", "activated"),
        ),
    ],
)
def test_the_new_card_goes_on_where_the_old_one_was(
    world: World, before: dict[str, Any], after: tuple[str, str | None]
) -> None:
    """V-29: a lost card is often blocked first; one in its grace stays in it."""
    world.set_card(OLD, **before)
    replace(world)
    new = stored(world, NEW)
    assert (new.status, new.status_before) == after
    assert (new.expires_at, new.grace_ends_at) == (before.get("expires_at"), before.get("grace_ends_at"))
    assert stored(world, OLD).status is CardStatus.BLOCKED
    assert world.is_proved()


def test_an_inactive_card_is_released_by_it(world: World) -> None:
    world.set_card(NEW, status=CardStatus.INACTIVE)
    replace(world)
    new = stored(world, NEW)
    assert (new.status, new.released_at) == (CardStatus.PENDING, NOW)


def test_the_maintenance_clock_goes_on(session: Session) -> None:
    """features.md 3.6: what was due is paid by the old card, the next period falls due when it would have."""
    world = a_world(session, series={"maintenance_fee_micros": micros("0.10")})
    world.set_card(OLD, **IN_USE)
    assert replace(world).amount_micros == micros("4.00")
    new_id = world.cards[NEW].card_id
    book_due_fees(session, [new_id], CLERK, NOW + timedelta(hours=23))
    assert world.wallet(NEW)[0] == micros("9.00")
    book_due_fees(session, [new_id], CLERK, NOW + timedelta(hours=24))
    assert world.wallet(NEW)[0] == micros("8.90")
    assert world.is_proved()


def test_a_clock_that_was_started_again_runs_on_too(session: Session) -> None:
    """The hours of the series' fee were changed a day and an hour ago, after nine periods."""
    world = a_world(session, series={"maintenance_fee_micros": micros("0.10")})
    clock = {"maintenance_since": NOW - timedelta(hours=25), "maintenance_periods_before": 9}
    world.set_card(OLD, **IN_USE, **clock, maintenance_periods_done=9)
    assert replace(world).amount_micros == micros("4.90")
    assert stored(world, NEW).maintenance_periods_done == 10
    book_due_fees(session, [world.cards[NEW].card_id], CLERK, NOW + timedelta(hours=22))
    assert world.wallet(NEW)[0] == micros("9.90")
    book_due_fees(session, [world.cards[NEW].card_id], CLERK, NOW + timedelta(hours=23))
    assert world.wallet(NEW)[0] == micros("9.80")
    assert world.is_proved()


def test_a_card_of_a_series_with_longer_hours_is_charged_by_those(world: World) -> None:
    world.set_series(maintenance_fee_micros=1, maintenance_every_hours=1)
    world.set_card(OLD, **IN_USE)
    place = another_series(world)
    second = world.session.scalars(select(CardSeries.id).where(CardSeries.number == 2)).one()
    world.set(CardSeries, second, maintenance_fee_micros=micros("0.10"), maintenance_every_hours=24)
    assert replace(world, new=place).amount_micros == micros("5.00") - 240
    book_due_fees(world.session, [world.cards[place].card_id], CLERK, NOW + timedelta(hours=24))
    assert world.wallet(place)[0] == micros("4.90") - 240


def test_what_fell_due_while_the_old_card_was_blocked_is_never_charged(session: Session) -> None:
    world = a_world(session, series={"maintenance_fee_micros": micros("0.10")})
    world.set_card(OLD, **{**IN_USE, "status": CardStatus.BLOCKED, "status_before": CardStatus.ACTIVATED})
    assert replace(world).amount_micros == micros("5.00")
    book_due_fees(session, [world.cards[NEW].card_id], CLERK, NOW + timedelta(hours=1))
    assert world.wallet(NEW)[0] == micros("10.00")


def another_series(world: World, number: int = 2, currency: str = "USD", **group: object) -> int:
    """The place of a card of another series and group."""
    group_id = a_group(world.session, name=f"Group {number}", currency=currency, **group)
    table_id = a_rate_table(world.session, f"Table {number}", (), currency)
    terms = a_series(group_id, table_id, number=number, face_value_micros=0, quantity=1)
    world.cards.extend(create_series(world.session, KEYS, terms, NOW, UTC))
    return len(world.cards) - 1


def test_a_date_from_another_series_does_not_follow_the_new_ones_rules(world: World) -> None:
    world.set_card(OLD, **IN_USE)
    place = another_series(world)
    assert replace(world, new=place).balance_micros == micros("5.00")
    new = stored(world, place)
    assert (new.expires_at, new.expiry_given_by) == (ENDS, ExpiryGivenBy.OPERATOR)


def test_a_phone_takes_the_place_of_the_new_cards_phone_or_goes_free(world: World) -> None:
    bind_caller_id(world.session, "37060000001", world.card(OLD), NOW, "ivr")
    bind_caller_id(world.session, "37060000002", world.card(NEW), NOW, "ivr")
    world.set_group(pinless_deny_double_use=True)
    replace(world)
    assert phones(world) == {"37060000002": world.cards[NEW].card_id}


def test_a_replaced_card_can_be_replaced_again_by_a_third(session: Session) -> None:
    world = a_world(session, series={"quantity": 3})
    replace(world)
    assert "replaced already" in refused(world, new=2)
    assert replace(world, old=1, new=2).amount_micros == micros("10.00")
    assert "stands for" not in str(world.ledger())
    assert world.is_proved()


def test_the_group_must_permit_it(world: World) -> None:
    world.set_group(replacement_allowed=False)
    assert "permits no replacement" in refused(world)


def test_a_call_that_is_up_must_end_first(world: World) -> None:
    world.call("call-1")
    assert "call" in refused(world)
    world.settle(answered("call-1", 60))
    assert replace(world).amount_micros == micros("4.94")


@pytest.mark.parametrize(
    ("place", "card", "word"),
    [
        (OLD, {"status": "inactive"}, "never released"),
        (OLD, {**IN_USE, "status": "used"}, "used up"),
        (OLD, {**IN_USE, "status": "expired", "status_before": "used", "grace_ends_at": ENDS}, "used up"),
        (OLD, {**IN_USE, "expires_at": NOW, "grace_ends_at": NOW}, "grace is over"),
        (NEW, IN_USE, "pending or inactive"),
        (NEW, {"status": "blocked", "status_before": "pending"}, "pending or inactive"),
        (NEW, {"expires_at": NOW, "grace_ends_at": NOW}, "has expired"),
    ],
)
def test_cards_in_a_wrong_state_are_refused(world: World, place: int, card: dict[str, Any], word: str) -> None:
    world.set_card(place, **card)
    assert word in refused(world)


def test_an_entry_without_sense_is_refused(world: World) -> None:
    assert "itself" in refused(world, new=OLD)
    assert "reason" in refused(world, reason=" ")


def test_a_card_stands_for_one_lost_card_only(session: Session) -> None:
    """A pending card that replaced a pending one looks unused, and is not."""
    world = a_world(session, series={"quantity": 3})
    replace(world)
    assert "stands for another" in refused(world, old=2)


def test_another_currency_and_a_stopped_series_are_refused(world: World) -> None:
    assert "USD" in refused(world, new=another_series(world, currency="EUR"))
    place = another_series(world, 3)
    series = select(CardSeries.id).where(CardSeries.number == 3)
    world.set(CardSeries, world.session.scalars(series).one(), status=SeriesStatus.STOPPED)
    assert "series" in refused(world, new=place)


def test_two_clerks_at_once_replace_once(engine: Engine) -> None:
    """Crosswise too: neither deadlocks, and no money is lost."""

    def outcome(world: World, old: int, new: int) -> Replaced | None:
        try:
            return replace(world, old=old, new=new)
        except ReplacementRefused:
            return None

    with Session(engine, autoflush=False) as session:
        world = a_world(session, series={"quantity": 12})
        session.commit()
        for old in range(0, 12, 3):
            rival = (old + 1, old) if old % 2 else (old, old + 2)
            pairs = [(old, old + 1), (old, old + 1), rival]
            done = at_once(engine, [lambda s, p=pair: outcome(world.on(s), *p) for pair in pairs])
            assert sum(one is not None and not one.is_repeat for one in done) == 1
            assert sum(world.wallet(place)[0] for place in range(old, old + 3)) == micros("15.00")
            session.commit()
        assert world.is_proved()


def test_a_call_and_a_replacement_at_once_never_share_the_money(engine: Engine) -> None:
    def moved(world: World) -> bool:
        try:
            replace(world)
        except ReplacementRefused:
            return False
        return True

    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        for n in range(4):
            fresh_pair(world, n)
            quote = world.good_quote()
            session.commit()
            works = [
                lambda s, n=n, q=quote: isinstance(world.on(s).authorise(f"call-{n}", q), Authorised),
                lambda s: moved(world.on(s)),
            ]
            assert sorted(at_once(engine, works)) == [False, True]
            assert world.is_proved()


def fresh_pair(world: World, number: int) -> None:
    """Two cards that no round has touched."""
    terms = a_series(world.group_id, world.rate_table_id, number=number + 2)
    world.cards[:] = create_series(world.session, KEYS, terms, NOW, UTC)
