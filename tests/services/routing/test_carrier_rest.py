"""Carriers that fail are left alone for a while, and come back when one call got through."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import NOW, World, a_world, answered
from sqlalchemy import select

from models import Account, AccountLoad
from services.calls.authorise_call import Authorised, authorise_call
from services.calls.call_record import Settlement, TriedCarrier
from services.calls.settle_call import settle_call

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

CHEAP = "test.cheap"
LATER = NOW + timedelta(seconds=61)


@pytest.fixture
def world(session: Session) -> World:
    """The cheapest carrier rests after two failures for a minute."""
    world = a_world(session, series={"quantity": 20})
    world.set(Account, world.carriers[CHEAP], rest_after_failures=2, rest_seconds=60)
    return world


def failed_over(call_id: str, *tried: tuple[str, str], answered_by: str = "test.second") -> Settlement:
    """The first carriers ended with these outcomes; then one answered for five seconds."""
    ends = tuple(TriedCarrier(CHEAP, status, cause) for status, cause in tried)
    reported = answered(call_id, 5, route=answered_by)
    return Settlement(
        *(getattr(reported, name) for name in Settlement.__slots__[:-1]),
        (*ends, TriedCarrier(answered_by, "ANSWER", "16")),
    )


def call(world: World, place: int, now: datetime = NOW) -> list[str]:
    """The routes of a call that is now up."""
    quote = world.quote(place=place, now=now)
    authorised = authorise_call(world.session, f"call-{place}", quote, world.context(), now)
    assert isinstance(authorised, Authorised), authorised
    return [route.endpoint for route in authorised.quote.routes]


def settle(world: World, settlement: Settlement, now: datetime = NOW) -> None:
    settle_call(world.session, settlement, now, now.tzinfo)


def fail(world: World, *places: int, now: datetime = NOW, status: str = "CONGESTION", cause: str = "34") -> None:
    for place in places:
        call(world, place, now)
        settle(world, failed_over(f"call-{place}", (status, cause)), now)


def fares(world: World) -> tuple[int, datetime | None]:
    query = select(AccountLoad.failures_in_row, AccountLoad.rested_until)
    found = world.session.execute(query.where(AccountLoad.account_id == world.carriers[CHEAP])).one_or_none()
    return (0, None) if found is None else (found[0], found[1])


def test_after_so_many_failures_in_a_row_it_rests(world: World) -> None:
    fail(world, 0)
    assert fares(world) == (1, None)
    assert call(world, 1)[0] == CHEAP
    settle(world, failed_over("call-1", ("CHANUNAVAIL", "3")))
    assert fares(world) == (2, NOW + timedelta(seconds=60))
    assert call(world, 2) == ["test.second", "test.dear"]


def test_an_answer_clears_its_failures(world: World) -> None:
    fail(world, 0)
    call(world, 1)
    settle(world, answered("call-1", 5, route=CHEAP))
    assert fares(world) == (0, None)


@pytest.mark.parametrize(("status", "cause"), [("BUSY", "17"), ("CHANUNAVAIL", "1"), ("CANCEL", "0")])
def test_what_is_not_its_fault_does_not_count(world: World, status: str, cause: str) -> None:
    call(world, 0)
    ended = Settlement("call-0", "inline", CHEAP, status, cause, None, 1, (TriedCarrier(CHEAP, status, cause),))
    settle(world, ended)
    assert fares(world) == (0, None)


def test_the_usual_success_writes_nothing(world: World) -> None:
    call(world, 0)
    settle(world, answered("call-0", 5, route=CHEAP))
    assert world.session.scalars(select(AccountLoad)).all() == []


def test_after_the_rest_one_call_probes_and_the_others_wait_for_it(world: World) -> None:
    fail(world, 0, 1)
    assert call(world, 2, LATER)[0] == CHEAP
    assert call(world, 3, LATER) == ["test.second", "test.dear"]
    settle(world, answered("call-2", 5, route=CHEAP), LATER)
    assert fares(world) == (0, None)
    assert call(world, 4, LATER)[0] == CHEAP


def test_of_two_that_were_quoted_together_only_one_probes(world: World) -> None:
    fail(world, 0, 1)
    quotes = [world.good_quote(place=place, now=LATER) for place in (2, 3)]
    found = [
        authorise_call(world.session, f"call-{place}", quote, world.context(), LATER)
        for place, quote in enumerate(quotes, 2)
    ]
    firsts = [one.quote.routes[0].endpoint for one in found if isinstance(one, Authorised)]
    assert firsts == [CHEAP, "test.second"]


def test_a_probe_that_fails_lets_it_rest_again(world: World) -> None:
    fail(world, 0, 1)
    fail(world, 2, now=LATER)
    assert fares(world) == (3, LATER + timedelta(seconds=60))
    assert call(world, 3, LATER + timedelta(seconds=30))[0] == "test.second"


def test_a_plan_of_which_all_rest_tries_them_all_the_same(session: Session) -> None:
    world = a_world(session, series={"quantity": 20}, carriers={CHEAP: 40})
    world.set(Account, world.carriers[CHEAP], rest_after_failures=1)
    for place in range(3):
        assert call(world, place) == [CHEAP]
        ended = Settlement(
            f"call-{place}", "inline", CHEAP, "CONGESTION", "34", None, 1, (TriedCarrier(CHEAP, "CONGESTION", "34"),)
        )
        settle(world, ended)
    assert [call(world, place, LATER) for place in (3, 4)] == [[CHEAP], [CHEAP]]


def test_a_carrier_may_be_told_never_to_rest(world: World) -> None:
    world.set(Account, world.carriers[CHEAP], rest_seconds=0)
    fail(world, 0, 1, 2)
    assert fares(world) == (3, None)
    assert call(world, 3)[0] == CHEAP
