"""Number and PIN, or the PIN alone: who is let in, what the others hear, and what a guesser learns (nothing)."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from factories import KEYS, NOW, World, a_group, a_rate_table, a_series, a_world, at_once

from billing.refusals import Refusal
from billing.states import CardStatus, CardType, PinEntryMode, SeriesStatus
from services.calls.identify_card import Identified, NotAccepted, identify_card
from services.guard.guard_entry import Caller
from services.series.create_series import create_series

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from services.series.create_series import NewCard

PIN_FAILURES_MAX = 5
LOCK_TIME = timedelta(hours=24)
WRONG_PIN = "000000000000"
PHONES = count(15_550_000)
REFUSED = NotAccepted(Refusal.NUMBER_OR_PIN_NOT_ACCEPTED)


def key_in(world: World, pin: str | None = None, *, place: int = 0, now: datetime = NOW) -> Identified | NotAccepted:
    """Each time from another phone, so that no phone is locked."""
    number, right_pin = world.keyed(place)
    keyed = right_pin if pin is None else pin
    return identify_card(world.session, KEYS, world.access(), number, keyed, now, Caller(str(next(PHONES))))


def refusal_of(world: World, now: datetime = NOW) -> Refusal:
    """The refusal of a right entry; the card is told with it, so that the flow may offer what helps."""
    answer = key_in(world, now=now)
    assert isinstance(answer, NotAccepted)
    assert answer.card is not None
    return answer.refusal


def test_the_right_number_and_pin_identify_the_card(world: World) -> None:
    answer = key_in(world)
    assert isinstance(answer, Identified)
    assert answer.card.card_id == world.cards[0].card_id
    assert "pin_digest" not in repr(answer.card)


def test_a_pin_alone_identifies_the_card_in_a_pin_only_plan(session: Session) -> None:
    """M-20."""
    world = a_world(session, group={"pin_entry_mode": PinEntryMode.PIN_ONLY})
    _, pin = world.keyed(1)
    answer = identify_card(session, KEYS, world.access(), None, pin, NOW)
    assert isinstance(answer, Identified)
    assert answer.card.card_id == world.cards[1].card_id
    wrong = identify_card(session, KEYS, world.access(), None, WRONG_PIN, NOW)
    assert wrong == NotAccepted(Refusal.PIN_NOT_ACCEPTED)


def test_a_locked_card_is_not_let_in_by_its_pin_alone(session: Session) -> None:
    world = a_world(session, group={"pin_entry_mode": PinEntryMode.PIN_ONLY})
    world.set_card(locked_until=NOW + timedelta(hours=1))
    answer = identify_card(session, KEYS, world.access(), None, world.keyed()[1], NOW)
    assert answer == NotAccepted(Refusal.PIN_NOT_ACCEPTED)


def test_unknown_number_wrong_pin_and_locked_card_hear_the_same(world: World) -> None:
    """M-21, V-25: the answer tells a guesser neither which numbers exist nor that a lock began."""
    unknown = identify_card(world.session, KEYS, world.access(), "1999999999", world.keyed()[1], NOW)
    wrong = key_in(world, WRONG_PIN)
    world.set_card(locked_until=NOW + timedelta(hours=1))
    locked = key_in(world)
    assert unknown == wrong == locked == REFUSED


def test_the_pin_of_another_card_is_a_wrong_pin(world: World) -> None:
    assert key_in(world, world.keyed(1)[1]) == REFUSED


def test_the_fifth_wrong_pin_in_a_row_locks_the_card_for_a_day(world: World) -> None:
    for _ in range(PIN_FAILURES_MAX):
        assert key_in(world, WRONG_PIN) == REFUSED
    assert world.card().locked_until == NOW + LOCK_TIME == NOW + timedelta(hours=24)
    assert key_in(world, now=NOW + LOCK_TIME - timedelta(seconds=1)) == REFUSED
    assert isinstance(key_in(world, now=NOW + LOCK_TIME), Identified)


def test_wrong_pins_during_a_lock_do_not_prolong_it(world: World) -> None:
    world.set_card(locked_until=NOW + timedelta(hours=1))
    for _ in range(PIN_FAILURES_MAX):
        key_in(world, WRONG_PIN)
    assert world.card().locked_until == NOW + timedelta(hours=1)
    assert world.card().pin_failures == 0


def test_a_right_pin_ends_the_row_of_wrong_ones(world: World) -> None:
    for _ in range(2):
        for _ in range(PIN_FAILURES_MAX - 1):
            key_in(world, WRONG_PIN)
        assert isinstance(key_in(world), Identified)
    assert world.card().locked_until is None


def test_the_lock_of_a_card_leaves_its_neighbour_alone(world: World) -> None:
    for _ in range(PIN_FAILURES_MAX):
        key_in(world, WRONG_PIN)
    assert isinstance(key_in(world, place=1), Identified)


def test_a_lock_outlives_the_server(engine: Engine, committed_world: World) -> None:
    """Tries are counted in the database, so that neither a restart nor another node clears them."""
    for _ in range(PIN_FAILURES_MAX):
        at_once(engine, [lambda session: key_in(committed_world.on(session), WRONG_PIN)])
    assert at_once(engine, [lambda session: key_in(committed_world.on(session))]) == [REFUSED]


def test_guesses_at_the_same_instant_are_each_counted(engine: Engine, committed_world: World) -> None:
    """Twelve guessers at once: nobody's right PIN is let in once the fifth wrong one has locked the card."""

    def guess(session: Session) -> object:
        return key_in(committed_world.on(session), WRONG_PIN)

    assert at_once(engine, [guess] * 12) == [REFUSED] * 12
    assert committed_world.card().locked_until == NOW + LOCK_TIME
    assert committed_world.card().pin_failures == 0


def test_a_right_pin_that_waited_behind_the_locking_one_is_refused(engine: Engine, committed_world: World) -> None:
    """On PostgreSQL a reader does not wait for a writer: the lock must be seen all the same."""
    committed_world.set_card(pin_failures=PIN_FAILURES_MAX - 1)
    committed_world.session.commit()
    is_wrong_keyed = threading.Event()

    def wrong(session: Session) -> object:
        answer = key_in(committed_world.on(session), WRONG_PIN)
        is_wrong_keyed.set()
        time.sleep(0.2)
        return answer

    def right(session: Session) -> object:
        is_wrong_keyed.wait()
        return key_in(committed_world.on(session))

    assert at_once(engine, [wrong, right]) == [REFUSED, REFUSED]


@pytest.mark.parametrize(
    ("card", "series", "refusal"),
    [
        ({"status": CardStatus.INACTIVE}, {}, Refusal.CARD_NOT_ACTIVATED),
        ({"status": CardStatus.BLOCKED}, {}, Refusal.CARD_BLOCKED),
        ({}, {"status": SeriesStatus.STOPPED}, Refusal.CARD_BLOCKED),
        ({}, {"status": SeriesStatus.DELETED}, Refusal.CARD_BLOCKED),
        ({"status": CardStatus.EXPIRED}, {}, Refusal.CARD_EXPIRED),
        ({"status": CardStatus.ACTIVATED, "activated_at": NOW, "expires_at": NOW}, {}, Refusal.CARD_EXPIRED),
        (
            {"expires_at": NOW, "grace_ends_at": NOW + timedelta(days=7)},
            {},
            Refusal.CARD_EXPIRED_GRACE,
        ),
        ({"status": CardStatus.USED, "activated_at": NOW}, {}, Refusal.CARD_USED_UP),
        # the first failing line decides
        ({"status": CardStatus.INACTIVE, "expires_at": NOW}, {"status": SeriesStatus.STOPPED}, "card-not-activated"),
        ({"status": CardStatus.BLOCKED, "expires_at": NOW}, {}, Refusal.CARD_BLOCKED),
        ({"status": CardStatus.USED, "activated_at": NOW, "expires_at": NOW}, {}, Refusal.CARD_EXPIRED),
    ],
)
def test_a_right_pin_hears_why_the_card_may_not_call(
    world: World, card: dict[str, Any], series: dict[str, Any], refusal: Refusal
) -> None:
    """V-21, V-29, JC-6, JC-7, JC-45, JC-46: judged by the dates, since the nightly job may be late."""
    if card:
        world.set_card(**card)
    if series:
        world.set_series(**series)
    assert refusal_of(world) == refusal


def test_an_expiry_begins_at_its_instant_and_not_before(world: World) -> None:
    world.set_card(expires_at=NOW)
    assert isinstance(key_in(world, now=NOW - timedelta(seconds=1)), Identified)
    assert refusal_of(world) is Refusal.CARD_EXPIRED


def test_a_pending_card_of_an_expired_series_may_not_call(session: Session) -> None:
    """JC-38: its date has passed although no one ever activated it."""
    world = a_world(session, series={"expiry_date": NOW.date() - timedelta(days=1)})
    assert refusal_of(world) is Refusal.CARD_EXPIRED


def test_a_card_of_less_than_a_coin_is_used_up(session: Session) -> None:
    world = a_world(session, series={"face_value_micros": 9_999})
    assert refusal_of(world) is Refusal.CARD_USED_UP


def test_an_unlimited_card_is_never_empty(session: Session) -> None:
    """V-7."""
    world = a_world(session, series={"face_value_micros": 0}, group={"card_type": CardType.UNLIMITED})
    assert isinstance(key_in(world), Identified)


def test_a_card_with_a_call_up_is_in_use(world: World) -> None:
    world.call("call-1")
    assert refusal_of(world) is Refusal.CARD_IN_USE


def test_a_card_that_may_make_two_calls_is_in_use_from_the_second_on(session: Session) -> None:
    world = a_world(session, group={"calls_max": 2})
    world.call("call-1")
    assert isinstance(key_in(world), Identified)
    world.call("call-2")
    assert refusal_of(world) is Refusal.CARD_IN_USE


def test_a_card_of_a_group_that_the_plan_does_not_accept_is_unknown(world: World) -> None:
    """And its owner's wrong tries at the wrong access number lock nothing."""
    session = world.session
    group_id = a_group(session, name="Other group")
    rate_table_id = a_rate_table(session, "Other", ())
    [foreign] = create_series(session, KEYS, a_series(group_id, rate_table_id, number=2, quantity=1), NOW)
    number = foreign.number.replace("-", "")
    assert identify_card(session, KEYS, world.access(), number, foreign.pin, NOW) == REFUSED
    for _ in range(PIN_FAILURES_MAX):
        identify_card(session, KEYS, world.access(), number, WRONG_PIN, NOW)
    assert replaced(world, foreign).card().locked_until is None


def replaced(world: World, *cards: NewCard) -> World:
    return replace(world, cards=list(cards))
