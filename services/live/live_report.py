"""What is up now, for people: each Asterisk, and the calls on it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import HoldState
from models import AsteriskState, Card, Hold, LiveCall
from services.live.open_holds import SILENT, database_now
from services.live.reconcile_call import route_of_channel

CALLS_SHOWN_MAX = 2_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AsteriskRow:
    """`is_silent`: nobody watches it; `says` tells its state in words."""

    name: str
    is_up: bool
    is_silent: bool
    booted_at: datetime | None
    seen_at: datetime | None
    lost_at: datetime | None
    channels: int
    says: str


@dataclass(frozen=True, slots=True)
class LiveCallRow:
    """A call with an open hold; `asterisk` is empty until the watcher has seen it, `answered_at` till an answer."""

    call_id: str
    asterisk: str | None
    card: str | None
    caller_id: str | None
    access_number: str
    placed_at: datetime
    destination: str
    destination_name: str
    currency: str
    route: str
    limit_seconds: int
    held_micros: int
    answered_at: datetime | None


def asterisk_states(session: Session) -> list[AsteriskRow]:
    now = database_now(session)
    return [_asterisk(state, now) for state in session.scalars(select(AsteriskState).order_by(AsteriskState.name))]


def live_calls(session: Session) -> list[LiveCallRow]:
    """The longest first; a call is told of as soon as its hold is placed, before the watcher has seen it."""
    columns: tuple[Any, ...] = (
        Hold.call_id,
        LiveCall.asterisk,
        Card.number,
        Hold.quote["caller_id"].as_string(),
        Hold.quote["access_number"].as_string(),
        Hold.placed_at,
        Hold.quote["destination"].as_string(),
        Hold.quote["destination_name"].as_string(),
        Hold.quote["currency"].as_string(),
        LiveCall.leg_channel,
        Hold.quote["limit_seconds"].as_integer(),
        Hold.amount_micros,
        LiveCall.answered_at_ms,
    )
    query = (
        select(*columns)
        .select_from(Hold)
        .join(LiveCall, LiveCall.call_id == Hold.call_id, isouter=True)
        .join(Card, Card.id == Hold.card_id, isouter=True)
        .where(Hold.state == HoldState.OPEN, LiveCall.ended_at_ms.is_(None))
        .order_by(Hold.placed_at)
        .limit(CALLS_SHOWN_MAX)
    )
    return [_call(*row) for row in session.execute(query)]


def _asterisk(state: AsteriskState, now: datetime) -> AsteriskRow:
    is_silent = state.seen_at is None or state.seen_at < now - SILENT
    if state.lost_at is not None:
        says = f"lost since {state.lost_at:%Y-%m-%d %H:%M:%S} UTC: {state.why}"
    elif is_silent:
        says = f"not watched since {state.seen_at:%Y-%m-%d %H:%M:%S} UTC" if state.seen_at else "never seen"
    else:
        says = (
            f"up since {state.booted_at:%Y-%m-%d %H:%M:%S} UTC, {state.channels} channels" if state.booted_at else "up"
        )
    is_up = state.lost_at is None and not is_silent
    facts = state.booted_at, state.seen_at, state.lost_at, state.channels
    return AsteriskRow(state.name, is_up, is_silent, *facts, says)


def _call(*row: Any) -> LiveCallRow:  # noqa: ANN401 (columns of a query)
    *facts, leg_channel, limit_seconds, held_micros, answered_at_ms = row
    answered_at = None if answered_at_ms is None else EPOCH + timedelta(milliseconds=answered_at_ms)
    values = (*facts, route_of_channel(leg_channel or ""), limit_seconds, held_micros, answered_at)
    return LiveCallRow(*values)
