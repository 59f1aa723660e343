"""A call that moves on gives its last carrier's line back and claims one of the next (JA-46)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import NOW, World, a_world, answered, at_once, not_answered
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, AccountLoad, CallRecord, Hold
from services.calls.authorise_call import authorise_call
from services.calls.move_route import move_route
from services.calls.settle_call import settle_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

CALLS = 40


@pytest.fixture
def world(session: Session) -> World:
    world = a_world(session, series={"quantity": 5})
    lines(world, cheap=1, second=1)
    return world


def lines(world: World, **capacity: int) -> None:
    for name, number in capacity.items():
        world.set(Account, world.carriers[f"test.{name}"], terminator_capacity=number)


def loads(world: World) -> dict[str, int]:
    query = select(Account.endpoint, AccountLoad.terminating).join(AccountLoad, AccountLoad.account_id == Account.id)
    return {endpoint: lines for endpoint, lines in world.session.execute(query) if endpoint and lines}


def move(world: World, call_id: str, endpoint: str) -> bool:
    return move_route(world.session, call_id, endpoint, NOW)


def test_the_line_moves_with_the_call(world: World) -> None:
    world.call("call")
    assert loads(world) == {"test.cheap": 1}
    assert move(world, "call", "test.second")
    assert loads(world) == {"test.second": 1}
    assert move(world, "call", "test.second")  # a repeat
    assert loads(world) == {"test.second": 1}
    assert world.is_proved()
    assert move(world, "call", "test.dear")  # its lines are not counted
    assert loads(world) == {}
    world.settle(answered("call", 5, route="test.dear"))
    assert loads(world) == {}
    assert world.is_proved()


def test_a_full_carrier_is_skipped_and_the_old_line_is_free(world: World) -> None:
    world.call("first")
    assert world.call("second", place=1).quote.routes[0].endpoint == "test.second"
    assert not move(world, "first", "test.second")
    assert loads(world) == {"test.second": 1}
    assert move(world, "first", "test.dear")
    assert world.is_proved()
    for call_id, why in (("first", "test.second"), ("second", "test.cheap")):
        world.settle(answered(call_id, 5, route="test.dear"))
        record = world.session.get_one(CallRecord, call_id)
        assert record.passed_over == [{"route": why, "reason": "full"}]


def test_a_call_without_a_hold_is_not_dialled(world: World) -> None:
    """Nothing would pay for it."""
    assert not move(world, "unknown", "test.second")
    world.call("over")
    world.settle(not_answered("over"))
    assert not move(world, "over", "test.second")
    assert not move(world, "over", "test.dear")
    assert loads(world) == {}


def test_only_a_route_of_the_call_is_claimed(world: World) -> None:
    world.call("call")
    assert not move(world, "call", "test.nowhere")
    assert loads(world) == {"test.cheap": 1}


def test_calls_that_move_about_at_once_never_take_more_than_there_is(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session, session.begin():
        world = a_world(session, series={"quantity": CALLS})
        lines(world, cheap=9, second=5, dear=7)
        context = world.context()
        quotes = [world.good_quote(place=place) for place in range(CALLS)]

    def live(place: int) -> Callable[[Session], object]:
        def work(session: Session) -> object:
            return authorise_call(session, f"call-{place}", quotes[place], context, NOW)

        return work

    def moved(place: int, endpoint: str) -> Callable[[Session], object]:
        return lambda session: move_route(session, f"call-{place}", endpoint, NOW)

    def settled(place: int) -> Callable[[Session], object]:
        return lambda session: settle_call(session, answered(f"call-{place}", 5), NOW, NOW.tzinfo)

    at_once(engine, [live(place) for place in range(CALLS)])
    with Session(engine) as session:
        assert loads(world.on(session)) == {"test.cheap": 9, "test.second": 5, "test.dear": 7}
        up = [int(call_id.removeprefix("call-")) for call_id in world.on(session).holds()]
    ends = ("test.second", "test.dear", "test.cheap")
    at_once(engine, [moved(place, ends[(place + step) % 3]) for step in range(3) for place in up])
    with Session(engine) as session:
        full = loads(world.on(session))
        assert full.get("test.cheap", 0) <= 9
        assert full.get("test.second", 0) <= 5
        assert full.get("test.dear", 0) <= 7
        assert world.on(session).is_proved()
        owners = session.scalars(select(Hold.route_account_id).where(Hold.route_account_id.is_not(None))).all()
        assert len(owners) == sum(full.values())
    at_once(engine, [settled(place) for place in up])
    with Session(engine) as session:
        assert loads(world.on(session)) == {}
        assert world.on(session).is_proved()
