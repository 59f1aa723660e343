"""How carriers fare is counted from the newest calls and noted from Asterisk's own questions, for people to see."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from factories import NOW, World, a_world, answered
from sqlalchemy import insert, select

from models import Account, AccountLoad, CarrierState
from services.calls.authorise_call import Authorised, authorise_call
from services.calls.call_record import Settlement, TriedCarrier
from services.calls.settle_call import settle_call
from services.routing.carrier_words import CarrierWord, carrier_is
from services.routing.count_carriers import count_carriers
from services.routing.note_reach import note_reach

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.orm import Session

CHEAP, SECOND = "test.cheap", "test.second"


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session, series={"quantity": 20})


def failed_over(world: World, place: int, now: datetime = NOW) -> None:
    """The cheap carrier had no line; the second one answered for 30 seconds."""
    call_id = f"call-{place}"
    held = authorise_call(world.session, call_id, world.quote(place=place, now=now), world.context(), now)
    assert isinstance(held, Authorised), held
    reported = answered(call_id, 30, route=SECOND)
    tried = (TriedCarrier(CHEAP, "CONGESTION", "34"), TriedCarrier(SECOND, "ANSWER", "16"))
    told = Settlement(*(getattr(reported, name) for name in Settlement.__slots__[:-1]), tried)
    settle_call(world.session, told, now, now.tzinfo)


def state_of(world: World, endpoint: str) -> CarrierState:
    world.session.expire_all()
    return world.session.get_one(CarrierState, world.carriers[endpoint])


def test_each_carrier_that_was_tried_is_counted(world: World) -> None:
    """console.md 11.2: the one that failed appears in no rollup, and is what an operator looks for."""
    failed_over(world, 1)
    failed_over(world, 2)
    later = NOW + timedelta(minutes=1)
    assert count_carriers(world.session, later) == 2
    cheap, second = state_of(world, CHEAP), state_of(world, SECOND)
    assert (cheap.attempts, cheap.answered, cheap.talk_seconds) == (2, 0, 0)
    assert (cheap.last_status, cheap.last_cause, cheap.last_tried_at) == ("CONGESTION", 34, NOW)
    assert (second.attempts, second.answered, second.talk_seconds, second.last_cause) == (2, 2, 60, 16)
    assert second.counted_at == later


def test_a_carrier_of_no_calls_keeps_its_last_attempt(world: World) -> None:
    failed_over(world, 1)
    count_carriers(world.session, NOW)
    count_carriers(world.session, NOW + timedelta(days=2))
    cheap = state_of(world, CHEAP)
    assert (cheap.attempts, cheap.last_status, cheap.last_tried_at) == (0, "CONGESTION", NOW)


def row_of(world: World, **load: object) -> Row[*tuple[object, ...]]:
    if load:
        world.session.execute(insert(AccountLoad).values(account_id=world.carriers[CHEAP], **load))
    columns = (AccountLoad.rested_until, Account.rest_seconds)
    seen = (CarrierState.reach, CarrierState.reach_at, CarrierState.reach_since)
    query = select(Account.terminator_enabled.label("is_open"), *columns, *seen).where(Account.endpoint == CHEAP)
    query = query.outerjoin(CarrierState, CarrierState.account_id == Account.id)
    return world.session.execute(query.outerjoin(AccountLoad, AccountLoad.account_id == Account.id)).one()


def test_since_when_a_carrier_is_silent_outlives_each_look(world: World) -> None:
    """JA-43."""
    assert carrier_is(row_of(world), NOW).word is CarrierWord.NOT_KNOWN
    for minute in (0, 1, 2):
        note_reach(world.session, [(CHEAP, "silent", "none"), ("gone", "answers", "none")], NOW + minute * MINUTE)
    found = carrier_is(row_of(world), NOW + 3 * MINUTE)
    assert (found.word, found.since, found.why) == (CarrierWord.UNREACHABLE, NOW, "silent")
    note_reach(world.session, [(CHEAP, "answers", "none")], NOW + 3 * MINUTE)
    found = carrier_is(row_of(world), NOW + 4 * MINUTE)
    assert (found.word, found.since) == (CarrierWord.REACHABLE, NOW + 3 * MINUTE)


def test_what_nobody_has_looked_at_for_minutes_is_not_known(world: World) -> None:
    note_reach(world.session, [(CHEAP, "answers", "none")], NOW)
    assert carrier_is(row_of(world), NOW + 6 * MINUTE).word is CarrierWord.NOT_KNOWN


def test_a_rest_has_its_begin_and_its_end(world: World) -> None:
    """JA-46 to JA-49."""
    world.set(Account, world.carriers[CHEAP], rest_seconds=120)
    note_reach(world.session, [(CHEAP, "answers", "none")], NOW)
    found = carrier_is(row_of(world, rested_until=NOW + MINUTE), NOW)
    assert (found.word, found.since, found.until) == (CarrierWord.RESTING, NOW - MINUTE, NOW + MINUTE)


MINUTE = timedelta(minutes=1)
