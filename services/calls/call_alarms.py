"""Calls that an operator should look at: noted once for each call and kind, listed until somebody has closed them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from billing.judge_call import AlarmKind
from models import CallAlarm
from services.audit.audit import Act, Actor, note
from services.store.upsert import insert_or_skip

DETAILS_CHARACTERS_MAX = 300
ALARMS_SHOWN_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Alarm:
    """One call, why it is listed, and when that was."""

    call_id: str
    kind: AlarmKind
    details: str
    noted_at: datetime


def note_alarm(session: Session, call_id: str, kind: AlarmKind, details: str, now: datetime) -> bool:
    """True the first time."""
    details = details[:DETAILS_CHARACTERS_MAX]
    return insert_or_skip(session, CallAlarm, call_id=call_id, kind=kind, details=details, noted_at=now)


def open_alarms(session: Session, newest: int = ALARMS_SHOWN_MAX) -> list[Alarm]:
    """Those that nobody has closed, newest first."""
    query = select(CallAlarm.call_id, CallAlarm.kind, CallAlarm.details, CallAlarm.noted_at)
    query = query.where(CallAlarm.closed_at.is_(None)).order_by(CallAlarm.noted_at.desc(), CallAlarm.call_id)
    return [Alarm(*row) for row in session.execute(query.limit(min(newest, ALARMS_SHOWN_MAX)))]


def count_open_alarms(session: Session) -> int:
    return session.scalars(select(func.count()).select_from(CallAlarm).where(CallAlarm.closed_at.is_(None))).one()


def close_alarms(session: Session, call_id: str, actor: Actor, now: datetime) -> int:
    """Take the call off the list; how many alarms of it were open."""
    still_open = update(CallAlarm).where(CallAlarm.call_id == call_id, CallAlarm.closed_at.is_(None))
    closed = session.scalars(still_open.values(closed_at=now, closed_by=str(actor)).returning(CallAlarm.kind)).all()
    if closed:
        kinds = {"kinds": sorted(kind.value for kind in closed)}
        note(session, actor, Act("call.alarm_closed", "call", call_id, kinds, None, None), now)
    return len(closed)
