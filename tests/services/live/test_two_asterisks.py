"""Two Asterisks on one database, each with a watcher of its own: nobody decides about a call of the other's."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest
from factories import NOW, TALK_BEGINS_MS, World, a_world
from sqlalchemy import update

from billing.judge_call import Reach
from models import AsteriskState, Hold
from models.clock import DatabaseClock
from services.live.home import home_of
from services.live.note_sighting import note_lost, note_sighting
from services.live.open_holds import database_now, unseen_calls
from services.live.reconcile_call import LoggedLeg, reconcile_call
from services.live.sighting import SeenCall, Sighting

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

HERE, THERE = "0a3c52f4-6f57-4d68-9b47-0d24ae2a9c11", "11111111-6f57-4d68-9b47-0d24ae2a9c11"
NORTH, SOUTH = frozenset({"north"}), frozenset({"south"})


def listed(name: str, *calls: SeenCall, up: int | None = None) -> Sighting:
    return Sighting(name, up, calls, frozenset(), 0)


def a_call_on(world: World, home: str, call_id: str, place: int = 0) -> None:
    world.call(call_id, place=place)
    hold = world.session.get_one(Hold, call_id)
    hold.quote = {**hold.quote, "channel_id": f"{home}-1795834435.254" if home else "1795834435.254"}
    hold.placed_at = database_now(world.session)  # as by a call server whose clock is right
    world.session.flush()


def aged(session: Session, seconds: int) -> None:
    session.execute(update(Hold).values(heartbeat_at=DatabaseClock(seconds)))
    session.expire_all()


@pytest.fixture
def world(session: Session) -> World:
    """Both have been listed, and their last list is new."""
    made = a_world(session)
    for name in ("north", "south"):
        note_sighting(session, listed(name, up=500_000))
    return made


def unseen(session: Session, watched: frozenset[str] | None = None) -> list[str]:
    return sorted(call.hold.call_id for call in unseen_calls(session, watched))


@pytest.mark.parametrize(
    ("channel_id", "home"),
    [
        ("north-1795834435.254", "north"),
        ("pbx-2.site_a-1795834435.254", "pbx-2.site_a"),
        ("1795834435.254", ""),
        ("PJSIP/caller-1", ""),
        ("", ""),
    ],
)
def test_a_channel_tells_its_asterisk(channel_id: str, home: str) -> None:
    assert home_of(channel_id) == home


def test_each_watcher_gets_the_calls_of_its_own_asterisk(session: Session, world: World) -> None:
    a_call_on(world, "north", HERE)
    a_call_on(world, "south", THERE, place=1)
    aged(session, 20)
    assert (unseen(session, NORTH), unseen(session, SOUTH)) == ([HERE], [THERE])
    assert unseen(session, NORTH | SOUTH) == unseen(session) == [HERE, THERE]


def test_a_call_that_names_no_asterisk_is_for_whoever_watches_all_of_them(session: Session, world: World) -> None:
    a_call_on(world, "", HERE)
    aged(session, 20)
    assert (unseen(session, NORTH), unseen(session, SOUTH)) == ([], [])
    assert unseen(session, NORTH | SOUTH) == [HERE]


def test_the_restart_of_one_frees_nothing_of_the_other(session: Session, world: World) -> None:
    """F10: north starts anew; what south carries was not up before north's boot and goes on."""
    a_call_on(world, "north", HERE)
    a_call_on(world, "south", THERE, place=1)
    aged(session, 20)
    note_sighting(session, listed("south", SeenCall(call_id=THERE)))
    note_sighting(session, listed("north", up=5))
    calls = unseen_calls(session)
    assert [(call.hold.call_id, call.reach) for call in calls] == [(HERE, Reach.RESTARTED)]
    reconcile_call(session, calls[0], None, NOW, UTC)
    assert world.holds() == {HERE: "voided", THERE: "open"}


def test_one_that_is_away_holds_up_nothing_of_the_other(session: Session, world: World) -> None:
    """F11: south cannot be asked; a lost call of north is repaired meanwhile, by north's event log."""
    a_call_on(world, "north", HERE)
    a_call_on(world, "south", THERE, place=1)
    aged(session, 20)
    note_lost(session, "south", "the connection was lost")
    reaches = {call.hold.call_id: call.reach for call in unseen_calls(session)}
    assert reaches == {HERE: Reach.GONE, THERE: Reach.AWAY}
    (mine,) = unseen_calls(session, NORTH)
    done = reconcile_call(session, mine, LoggedLeg("test.cheap", TALK_BEGINS_MS, TALK_BEGINS_MS + 5_000), NOW, UTC)
    assert done is not None
    assert (done.source, done.settled.talk_seconds) == ("cel", 5)


def test_a_call_of_an_asterisk_that_nobody_watches_waits_until_its_time_is_over(session: Session, world: World) -> None:
    """Its site is gone for good: then another watcher closes its holds, and lists them."""
    a_call_on(world, "west", HERE)
    aged(session, 20)
    assert (unseen(session, NORTH), unseen(session, NORTH | SOUTH)) == ([], [])
    session.execute(update(Hold).values(placed_at=NOW - timedelta(days=3650)))
    session.expire_all()
    (over,) = unseen_calls(session, NORTH)
    assert over.reach is Reach.AWAY
    assert session.get(AsteriskState, "west") is None
