"""JA-46: a carrier never carries more calls than it has lines, however many servers ask at the same instant."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from factories import NOW, World, a_world, answered, at_once, not_answered
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.refusals import Refusal
from models import Account, AccountLoad, Hold
from services.calls.authorise_call import Authorised, authorise_call
from services.calls.settle_call import settle_call
from services.money.verify_ledger import verify_ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from services.calls.quote_call import Quote

THREADS, LINES = 200, 7


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session)


def lines(world: World, **capacity: int) -> None:
    """Lines by the end of a carrier's name."""
    for name, number in capacity.items():
        world.set(Account, world.carriers[f"test.{name}"], terminator_capacity=number)


def load(world: World, endpoint: str = "test.cheap") -> int:
    query = select(AccountLoad.terminating).where(AccountLoad.account_id == world.carriers[endpoint])
    return world.session.scalars(query).one_or_none() or 0


def routes(authorised: object) -> list[str]:
    assert isinstance(authorised, Authorised), authorised
    return [route.endpoint for route in authorised.quote.routes]


def test_a_call_has_a_line_of_its_first_carrier_until_it_is_settled(world: World) -> None:
    lines(world, cheap=1)
    assert routes(world.call("first")) == ["test.cheap", "test.second", "test.dear"]
    assert load(world) == 1
    assert world.session.scalars(select(Hold.route_account_id)).one() == world.carriers["test.cheap"]
    assert world.is_proved()
    world.settle(answered("first", 10))
    assert load(world) == 0
    assert world.settle(answered("first", 10)).is_repeat
    assert load(world) == 0
    assert world.is_proved()


def test_a_call_that_nobody_answers_frees_its_line_too(world: World) -> None:
    lines(world, cheap=1)
    world.call("first")
    world.settle(not_answered("first"))
    assert load(world) == 0
    assert world.is_proved()


def test_a_full_carrier_is_passed_over_by_the_next_quote(world: World) -> None:
    lines(world, cheap=1)
    world.call("first")
    assert routes(world.call("second", place=1)) == ["test.second", "test.dear"]
    assert load(world) == 1


def test_a_line_that_went_meanwhile_leads_to_the_next_carrier(world: World) -> None:
    lines(world, cheap=1, second=5)
    quotes = [world.good_quote(place=place) for place in (0, 1)]
    assert routes(world.authorise("first", quotes[0])) == ["test.cheap", "test.second", "test.dear"]
    assert routes(world.authorise("second", quotes[1])) == ["test.second", "test.dear"]
    again = world.authorise("second", quotes[1])
    assert routes(again) == ["test.second", "test.dear"]  # a repeat gives the first answer, and takes no other line
    assert (load(world), load(world, "test.second")) == (1, 1)
    assert world.is_proved()


def test_when_every_line_is_busy_nothing_is_held(world: World) -> None:
    lines(world, cheap=1, second=0, dear=0)
    quotes = [world.good_quote(place=place) for place in (0, 1)]
    world.authorise("first", quotes[0])
    assert world.authorise("second", quotes[1]) is Refusal.ALL_LINES_BUSY
    assert world.quote(place=1) is Refusal.ALL_LINES_BUSY
    assert world.wallet(1) == (5_000_000, 0, 0)
    assert list(world.holds()) == ["first"]
    assert world.is_proved()


def test_carriers_without_a_limit_are_not_counted(world: World) -> None:
    """The common case: no row, and no write, for their calls."""
    world.call("first")
    world.settle(answered("first", 10))
    assert world.session.scalars(select(AccountLoad)).all() == []


def test_a_wrong_count_is_found(world: World) -> None:
    lines(world, cheap=3)
    world.call("first")
    world.session.execute(AccountLoad.__table__.update().values(terminating=2))
    (breach,) = verify_ledger(world.session)
    assert (breach.invariant[:3], breach.expected, breach.found) == ("I15", "1 lines", "2 lines")


def test_two_hundred_callers_get_no_more_lines_than_there_are(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session, session.begin():
        world = a_world(session, series={"quantity": THREADS}, carriers={"test.cheap": 40, "test.second": 60})
        lines(world, cheap=LINES, second=LINES)
        context = world.context()
        quotes = [world.good_quote(place=place) for place in range(THREADS)]

    def authorise(place: int, quote: Quote) -> Callable[[Session], object]:
        return lambda session: authorise_call(session, f"call-{place}", quote, context, NOW)

    found = at_once(engine, [authorise(place, quote) for place, quote in enumerate(quotes)])
    up = [one.call_id for one in found if isinstance(one, Authorised)]
    assert len(up) == 2 * LINES
    refused = [one for one in found if not isinstance(one, Authorised)]
    assert refused == [Refusal.ALL_LINES_BUSY] * (THREADS - len(up))
    with Session(engine) as session:
        assert (load(world.on(session)), load(world.on(session), "test.second")) == (LINES, LINES)
        assert world.on(session).is_proved()

    def settle(call_id: str) -> Callable[[Session], object]:
        return lambda session: settle_call(session, answered(call_id, 5), NOW, NOW.tzinfo)

    others = [authorise(THREADS + place, quote) for place, quote in enumerate(quotes[THREADS // 2 :])]
    works = [*(settle(call_id) for call_id in up), *(settle(call_id) for call_id in up), *others]
    random.Random(7).shuffle(works)  # noqa: S311 (no secret)
    at_once(engine, works)
    with Session(engine) as session:
        assert load(world.on(session)) <= LINES
        assert world.on(session).is_proved()
        still_up = [call_id for call_id, state in world.on(session).holds().items() if state == "open"]
    at_once(engine, [settle(call_id) for call_id in still_up])
    with Session(engine) as session:
        assert (load(world.on(session)), load(world.on(session), "test.second")) == (0, 0)
        assert world.on(session).is_proved()
