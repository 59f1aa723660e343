"""Limits of a day, and what the card types do: a new call is shortened so that it cannot exceed the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from factories import BRITAIN, NOW, World, a_world, answered, at_once, micros
from sqlalchemy.orm import Session

from billing.refusals import Refusal
from billing.states import CardStatus, CardType
from services.calls.authorise_call import Authorised, authorise_call
from services.calls.day_limits import day_begins_at, is_pin_asked
from services.calls.quote_call import Quote, quote_call
from services.cards.card_facts import get_card

if TYPE_CHECKING:
    from sqlalchemy import Engine

VILNIUS = ZoneInfo("Europe/Vilnius")


def spend(world: World, call_id: str, seconds: int) -> None:
    """1,000 micros a second."""
    world.call(call_id)
    world.settle(answered(call_id, seconds))


def test_a_call_is_shortened_to_what_may_be_spent_today(session: Session) -> None:
    """features.md 0.3: spend limit a day; 0.06 a minute."""
    world = a_world(session, group={"spend_a_day_max_micros": micros("0.50")})
    assert world.good_quote().limit_seconds == 500
    spend(world, "first", 120)
    quote = world.good_quote()
    assert (quote.limit_seconds, quote.amount_micros) == (380, micros("0.38"))


def test_a_day_that_is_spent_refuses_as_too_little_money(session: Session) -> None:
    world = a_world(session, group={"spend_a_day_max_micros": micros("0.125")})
    spend(world, "first", 120)
    assert world.quote() is Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION


def test_an_unlimited_card_talks_no_longer_than_its_day(session: Session) -> None:
    """V-7: free calls, limited by call length, calls at once and talk time a day."""
    group = {"card_type": CardType.UNLIMITED, "talk_seconds_a_day_max": 600, "call_seconds_max": 400}
    world = a_world(session, group=group, series={"face_value_micros": 0})
    assert world.good_quote().limit_seconds == 400
    spend(world, "first", 400)
    assert world.good_quote().limit_seconds == 200
    spend(world, "second", 195)
    assert world.quote() is Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION
    assert world.is_proved()


def test_an_open_hold_counts_with_all_that_it_may_use(session: Session) -> None:
    limits = {"calls_max": 2, "talk_seconds_a_day_max": 300, "spend_a_day_max_micros": micros("0.20")}
    world = a_world(session, group=limits)
    assert world.good_quote().limit_seconds == 100
    world.call("up")
    assert world.good_quote().limit_seconds == 100


def test_the_day_begins_at_midnight_of_the_platforms_zone(session: Session) -> None:
    """NOW is 14:00 in Vilnius; the next day there begins at 22:00 UTC."""
    world = a_world(session, group={"spend_a_day_max_micros": micros("0.50")})
    spend(world, "first", 500)
    for hours, limit in ((9, None), (10, 500)):
        quote = quote_call(session, world.access(), world.card(), BRITAIN, NOW + timedelta(hours=hours), VILNIUS)
        assert quote is Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION if limit is None else quote.limit_seconds == limit
    assert day_begins_at(NOW, VILNIUS) == datetime(2026, 11, 21, 22, tzinfo=UTC)


def test_a_pinless_call_is_held_to_its_own_smaller_limit(session: Session) -> None:
    """features.md 3.10: a spend limit a day for PINless calls; above it the PIN is asked."""
    group = {"spend_a_day_max_micros": micros("2.00"), "pinless_spend_a_day_max_micros": micros("0.30")}
    world = a_world(session, group=group)
    pinless = quote_call(session, world.access(), world.card(), BRITAIN, NOW, is_pinless=True)
    assert isinstance(pinless, Quote)
    assert (pinless.limit_seconds, world.good_quote().limit_seconds) == (300, 2_000)
    assert not is_pin_asked(session, world.card(), NOW, UTC)
    spend(world, "first", 300)
    assert is_pin_asked(session, world.card(), NOW, UTC)
    assert not is_pin_asked(session, world.card(), NOW + timedelta(days=1), UTC)
    assert world.good_quote().limit_seconds == 1_700


def test_without_a_limit_of_its_own_no_pin_is_asked(world: World) -> None:
    assert not is_pin_asked(world.session, world.card(), NOW, UTC)


def test_a_limit_that_shrank_after_the_quote_is_seen_by_the_hold(session: Session) -> None:
    world = a_world(session, group={"calls_max": 2, "spend_a_day_max_micros": micros("0.40")})
    quote = world.good_quote()
    assert quote.day_limits is not None
    late = replace(quote, day_limits=replace(quote.day_limits, spend_max_micros=quote.amount_micros - 1))
    assert world.authorise("late", late) is Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION
    assert world.holds() == {}


def test_two_calls_that_begin_at_once_stay_within_the_day(engine: Engine) -> None:
    """Both were quoted the whole day; the lock of the wallet lets one through."""
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group={"calls_max": 2, "talk_seconds_a_day_max": 300})
        session.commit()
        whole = replace(world.good_quote(), limit_seconds=200)
        session.rollback()

        def call(call_id: str) -> object:
            return lambda other: authorise_call(other, call_id, whole, context, NOW)

        context = world.context()
        session.rollback()
        answers = at_once(engine, [call("one"), call("two")])
        assert sorted(isinstance(answer, Authorised) for answer in answers) == [False, True]
        assert world.is_proved()


@pytest.mark.parametrize(
    ("until_empty", "calls_max", "status"),
    [(False, 1, CardStatus.USED), (True, 3, CardStatus.ACTIVATED)],
)
def test_a_disposable_card_makes_one_call_or_calls_until_it_is_empty(
    session: Session, *, until_empty: bool, calls_max: int, status: CardStatus
) -> None:
    """V-8."""
    group = {"card_type": CardType.DISPOSABLE, "disposable_until_empty": until_empty, "calls_max": 3}
    world = a_world(session, group=group)
    assert world.card().calls_max == world.card().standing.calls_max == calls_max
    spend(world, "first", 60)
    assert world.card().status is status


def test_a_disposable_card_that_is_called_empty_is_used(session: Session) -> None:
    """V-8."""
    group = {"card_type": CardType.DISPOSABLE, "disposable_until_empty": True}
    world = a_world(session, group=group, series={"face_value_micros": micros("0.06")})
    spend(world, "first", 60)
    assert world.card().status is CardStatus.USED


def test_low_credit_is_told_before_it_is_gone(session: Session) -> None:
    world = a_world(session, group={"low_credit_below_micros": micros("4.95")})
    assert not world.card().is_low_on_credit
    spend(world, "first", 60)
    assert world.card().is_low_on_credit
    world.set_group(card_type=CardType.UNLIMITED)
    assert not get_card(session, world.cards[0].card_id).is_low_on_credit
