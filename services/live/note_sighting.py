"""Note what an Asterisk lists: the heartbeat of every hold whose call may be up, the calls, and the Asterisk itself."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from billing.states import HoldState
from models import AsteriskState, Hold, LiveCall
from models.clock import DatabaseClock
from services.live.open_holds import OpenHold, database_now, open_holds
from services.live.sighting import SeenCall, Sighting
from services.store.run import run

ROWS_A_STATEMENT = 500  # below what a statement of either database may bind
WHY_CHARACTERS_MAX = 200
BOOT_SLACK = timedelta(seconds=2)  # Asterisk counts whole seconds: a hold placed right after its start is of this life


def note_sighting(session: Session, sighting: Sighting, age: Callable[[], timedelta] = timedelta) -> list[OpenHold]:
    """One transaction for a whole list. Gives the holds that were open then. `age` tells how long ago the list came:
    a database that kept us waiting must not make it a list of calls that began meanwhile.
    """
    holds = open_holds(session)
    carried = {call.call_id for call in sighting.calls}
    up = [hold.call_id for hold in holds if hold.call_id in carried or hold.channel_id in sighting.unique_ids]
    for chunk in _chunks(up):
        beat = update(Hold).where(Hold.call_id.in_(chunk), Hold.state == HoldState.OPEN)
        session.execute(beat.values(heartbeat_at=DatabaseClock()), execution_options={"synchronize_session": False})
    note_calls(session, sighting.asterisk, sighting.calls)
    _note_up(session, sighting, age)
    _forget_over(session, sighting.asterisk, carried | {hold.call_id for hold in holds})
    return holds


def note_calls(session: Session, asterisk: str, calls: Sequence[SeenCall]) -> None:
    """What is known of each is added to what was known; the first stamp of an answer and of an end stays."""
    rows = [{**{name: getattr(call, name) for name in SeenCall.__slots__}, "asterisk": asterisk} for call in calls]
    if not rows:
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    seen = insert(LiveCall)
    new = seen.excluded
    kept = {name: func.coalesce(getattr(LiveCall, name), new[name]) for name in ("answered_at_ms", "ended_at_ms")}
    channels = {
        name: func.coalesce(func.nullif(new[name], ""), getattr(LiveCall, name))
        for name in ("caller_channel", "leg_channel")
    }
    latest = {"leg_seen_at_ms": func.coalesce(new.leg_seen_at_ms, LiveCall.leg_seen_at_ms)}
    changes = {"asterisk": new.asterisk, "seen_at": DatabaseClock(), **kept, **channels, **latest}
    statement = seen.values(seen_at=DatabaseClock())
    run(session, statement.on_conflict_do_update(index_elements=[LiveCall.call_id], set_=changes), rows)


def note_lost(session: Session, asterisk: str, why: str) -> None:
    """It cannot be asked: since when stays as it was if that was noted before, why is what was seen last."""
    since = func.coalesce(AsteriskState.lost_at, DatabaseClock())
    session.execute(
        update(AsteriskState).where(AsteriskState.name == asterisk).values(lost_at=since, why=why[:WHY_CHARACTERS_MAX])
    )
    if session.get(AsteriskState, asterisk) is None:
        values: dict[str, Any] = {"lost_at": DatabaseClock(), "why": why[:WHY_CHARACTERS_MAX]}
        session.add(AsteriskState(name=asterisk, **values))
        session.flush()


def _note_up(session: Session, sighting: Sighting, age: Callable[[], timedelta]) -> None:
    now = database_now(session) - age()
    values: dict[str, Any] = {"seen_at": now, "lost_at": None, "why": "", "channels": sighting.channels}
    if sighting.up_seconds is not None:
        values["booted_at"] = now - timedelta(seconds=sighting.up_seconds) - BOOT_SLACK
    changed = update(AsteriskState).where(AsteriskState.name == sighting.asterisk).values(values)
    if session.scalars(changed.returning(AsteriskState.name)).one_or_none() is None:
        session.add(AsteriskState(name=sighting.asterisk, **values))
        session.flush()


def _forget_over(session: Session, asterisk: str, kept: set[str]) -> None:
    """Calls that are settled and not listed any more."""
    known = set(session.scalars(select(LiveCall.call_id).where(LiveCall.asterisk == asterisk)))
    for chunk in _chunks(sorted(known - kept)):
        session.execute(delete(LiveCall).where(LiveCall.call_id.in_(chunk)))


def _chunks(rows: Sequence[str]) -> Iterable[Sequence[str]]:
    return (rows[begin : begin + ROWS_A_STATEMENT] for begin in range(0, len(rows), ROWS_A_STATEMENT))
