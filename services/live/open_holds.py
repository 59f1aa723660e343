"""The open holds with what is needed to tell whether their calls can still be up, and whether they may be resolved."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.judge_call import Reach
from billing.states import HoldState
from models import AsteriskState, Hold, LiveCall
from models.clock import DatabaseClock
from services.live.home import home_of, is_ours

# An Asterisk that lists its channels so long after the last heartbeat of a hold, and not the hold's, has lost the call:
# a list is asked for and noted within 10 s, and the dialplan itself had some seconds to settle or to spool.
ASKED_AFTER = timedelta(seconds=15)
# After the longest time that a call can take, and this, even an Asterisk that cannot be asked has ended it.
MARGIN = timedelta(minutes=5)
SILENT = timedelta(minutes=2)  # four heartbeats without a list: nobody watches this Asterisk
HANDOVER = timedelta(minutes=10)  # from the hold to the first Dial: the longest session of the call server


@dataclass(frozen=True, slots=True)
class OpenHold:
    """`channel_id` is the caller's channel, by its unique id."""

    call_id: str
    placed_at: datetime
    heartbeat_at: datetime
    channel_id: str
    limit_seconds: int
    ring_seconds: int


@dataclass(frozen=True, slots=True)
class KnownAsterisk:
    """As it stands in the database."""

    name: str
    booted_at: datetime | None
    seen_at: datetime | None
    is_lost: bool


@dataclass(frozen=True, slots=True)
class OpenCall:
    """An open hold, what the watcher knows of its call, and whether that can still be up."""

    hold: OpenHold
    live: LiveCall | None
    reach: Reach
    over_at: datetime


def database_now(session: Session) -> datetime:
    return session.execute(select(DatabaseClock())).scalar_one()


def open_holds(session: Session) -> list[OpenHold]:
    columns: tuple[Any, ...] = (
        Hold.call_id,
        Hold.placed_at,
        Hold.heartbeat_at,
        Hold.quote["channel_id"].as_string(),
        Hold.quote["limit_seconds"].as_integer(),
        Hold.quote["routes"],
    )
    query = select(*columns).where(Hold.state == HoldState.OPEN).order_by(Hold.placed_at)
    return [_open_hold(*row) for row in session.execute(query)]


def _open_hold(*row: Any) -> OpenHold:  # noqa: ANN401 (columns of a query)
    call_id, placed_at, heartbeat_at, channel_id, limit_seconds, routes = row
    ring_seconds = sum(int(route["ring_seconds"]) for route in routes)
    return OpenHold(call_id, placed_at, heartbeat_at, channel_id, limit_seconds, ring_seconds)


def unseen_calls(session: Session, watched: Collection[str] | None = None) -> list[OpenCall]:
    """Calls with an open hold that no list of channels has shown of late. `watched` names the Asterisks of a watcher:
    of another's it gets only those whose time is over while nobody can ask that Asterisk.
    """
    holds = open_holds(session)
    if not holds:
        return []
    now = database_now(session)
    asterisks = known_asterisks(session)
    live = {call.call_id: call for call in session.scalars(select(LiveCall))}
    calls = [_open_call(hold, live.get(hold.call_id), asterisks, now) for hold in holds]
    known = [one.name for one in asterisks]
    return [
        call
        for call in calls
        if call.reach is not Reach.LISTED
        and (
            watched is None
            or is_ours(_home(call.hold, call.live), watched, known)
            or (call.reach is Reach.AWAY and call.over_at <= now)
        )
    ]


def known_asterisks(session: Session) -> list[KnownAsterisk]:
    query = select(AsteriskState).order_by(AsteriskState.name)
    return [
        KnownAsterisk(state.name, state.booted_at, state.seen_at, state.lost_at is not None)
        for state in session.scalars(query)
    ]


def _open_call(hold: OpenHold, live: LiveCall | None, asterisks: list[KnownAsterisk], now: datetime) -> OpenCall:
    home = _home(hold, live)
    where = [one for one in asterisks if one.name == home] if home else asterisks
    return OpenCall(hold, live, _reach(hold, where, now), _over_at(hold))


def _home(hold: OpenHold, live: LiveCall | None) -> str:
    """Where it was seen; else where its caller's channel says that it is."""
    return live.asterisk if live is not None else home_of(hold.channel_id)


def _reach(hold: OpenHold, where: list[KnownAsterisk], now: datetime) -> Reach:
    """Its own Asterisk decides; a call that names none may be on any of them. One that nobody watches is away."""
    each = {_reach_on(hold, one, now) for one in where}
    for reach in (Reach.LISTED, Reach.AWAY, Reach.GONE):  # one that may still have it is enough
        if reach in each or not each:
            return reach if each else Reach.AWAY
    return Reach.RESTARTED


def _reach_on(hold: OpenHold, asterisk: KnownAsterisk, now: datetime) -> Reach:
    if asterisk.seen_at is None or asterisk.is_lost or asterisk.seen_at < now - SILENT:
        return Reach.AWAY
    if asterisk.booted_at is not None and hold.heartbeat_at < asterisk.booted_at <= asterisk.seen_at:
        return Reach.RESTARTED
    if asterisk.seen_at >= hold.heartbeat_at + ASKED_AFTER:
        return Reach.GONE
    return Reach.LISTED


def _over_at(hold: OpenHold) -> datetime:
    return hold.placed_at + HANDOVER + timedelta(seconds=hold.ring_seconds + hold.limit_seconds) + MARGIN
