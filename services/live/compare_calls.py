"""Compare what calls were charged for with the event log of Asterisk: list those that differ by more than 1 s, and
those that no hold knows, as after the restore of a backup. One that was freed although it was answered is charged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.judge_call import AlarmKind, Source
from billing.states import HoldState
from models import CallRecord, Hold
from services.calls.call_alarms import note_alarm
from services.calls.settle_call import settle_call
from services.live.reconcile_call import LoggedLeg, settlement_by_leg

DIFFERENCE_MS_MAX = 1_000
CALLS_A_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class LoggedTalk:
    """What the event log tells of a call that was answered and has ended; `leg` is the carrier's that talked."""

    call_id: str
    talk_ms: int
    leg: LoggedLeg | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A call whose record and log differ; `record_ms` is None where no hold has this call id."""

    call_id: str
    record_ms: int | None
    log_ms: int


def note_differences(
    session: Session, talks: Sequence[LoggedTalk], now: datetime, zone: tzinfo = UTC
) -> list[Difference]:
    """Those that are found now for the first time; a call that is not settled yet is not compared."""
    found: list[Difference] = []
    for begin in range(0, len(talks), CALLS_A_STATEMENT):
        chunk = talks[begin : begin + CALLS_A_STATEMENT]
        _charge_freed(session, chunk, now, zone)
        logged = {talk.call_id: talk.talk_ms for talk in chunk}
        query = select(CallRecord.call_id, CallRecord.talk_ms).where(CallRecord.call_id.in_(logged))
        differing = [
            Difference(call_id, record_ms, logged[call_id])
            for call_id, record_ms in session.execute(query)
            if abs(record_ms - logged[call_id]) > DIFFERENCE_MS_MAX
        ]
        held = set(session.scalars(select(Hold.call_id).where(Hold.call_id.in_(logged))))
        differing += [Difference(call_id, None, logged[call_id]) for call_id in logged if call_id not in held]
        found += [one for one in differing if _note(session, one, now)]
    return found


def _charge_freed(session: Session, talks: Sequence[LoggedTalk], now: datetime, zone: tzinfo) -> None:
    """The dialplan had no stamp of an answer, or the log could not be read when the hold was freed: the log is the
    second source of every bill (asterisk.md 6.5). What it lists as a late settlement needs no other alarm.
    """
    legs = {talk.call_id: talk.leg for talk in talks if talk.leg is not None and talk.talk_ms > DIFFERENCE_MS_MAX}
    freed = select(Hold.call_id).where(Hold.call_id.in_(legs), Hold.state == HoldState.VOIDED).order_by(Hold.call_id)
    for call_id in session.scalars(freed).all():
        settle_call(session, settlement_by_leg(call_id, legs[call_id], Source.CEL), now, zone)


def _note(session: Session, found: Difference, now: datetime) -> bool:
    if found.record_ms is None:
        details = f"{found.log_ms} ms talked by Asterisk's event log, and no hold has its id: was a backup restored?"
        return note_alarm(session, found.call_id, AlarmKind.NOT_AUTHORISED, details, now)
    details = f"{found.record_ms} ms by the call's record, {found.log_ms} ms by Asterisk's event log"
    return note_alarm(session, found.call_id, AlarmKind.CLOCK_DIFFERENCE, details, now)
