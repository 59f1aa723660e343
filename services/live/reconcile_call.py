"""Reconcile a call whose settlement did not come: charge it or free its hold by the evidence, once, and list what was
guessed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from sqlalchemy.orm import Session

from billing.judge_call import AlarmKind, CallEvidence, Charge, Free, Source, Wait, judge_call
from services.calls.call_alarms import note_alarm
from services.calls.call_record import Settlement, TriedCarrier
from services.calls.settle_call import Settled, settle_call
from services.live.open_holds import OpenCall

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NORMAL_CLEARING = "16"


@dataclass(frozen=True, slots=True)
class LoggedLeg:
    """The carrier's leg of a call in Asterisk's event log; stamps are ms since the epoch."""

    route: str
    answered_at_ms: int | None
    ended_at_ms: int | None
    hangup_cause: str = NORMAL_CLEARING


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What became of it."""

    settled: Settled
    source: Source


def reconcile_call(
    session: Session, call: OpenCall, leg: LoggedLeg | None, now: datetime, zone: tzinfo
) -> Reconciled | None:
    """None: it may still be up, or still be told of. Settling is idempotent: the call may be settled by others now."""
    verdict = judge_call(_evidence(call, leg, now))
    if isinstance(verdict, Wait):
        return None
    source = verdict.source if isinstance(verdict, Charge) else Source.RECONCILER
    settled = settle_call(session, _settlement(call, leg, verdict, now), now, zone)
    assert isinstance(settled, Settled), call.hold.call_id  # noqa: S101 (holds are never deleted once handed out)
    if not settled.is_repeat:
        _list(session, call, verdict, now)
    return Reconciled(settled, source)


def _evidence(call: OpenCall, leg: LoggedLeg | None, now: datetime) -> CallEvidence:
    live = call.live
    return CallEvidence(
        reach=call.reach,
        now_ms=_ms(now),
        over_at_ms=_ms(call.over_at),
        limit_ms=call.hold.limit_seconds * 1000,
        cel_answered_ms=leg.answered_at_ms if leg else None,
        cel_ended_ms=leg.ended_at_ms if leg else None,
        events_answered_ms=live.answered_at_ms if live else None,
        events_ended_ms=live.ended_at_ms if live else None,
        leg_seen_ms=live.leg_seen_at_ms if live else None,
    )


def _settlement(call: OpenCall, leg: LoggedLeg | None, verdict: Charge | Free, now: datetime) -> Settlement:
    """The report that the dialplan would have given."""
    if isinstance(verdict, Free):
        return Settlement(call.hold.call_id, Source.RECONCILER, "", "", "", None, _ms(now), ())
    route = leg.route if leg else route_of_channel(call.live.leg_channel if call.live else "")
    cause = leg.hangup_cause if leg else ""
    tried = (TriedCarrier(route, "ANSWER", cause),) if route else ()
    stamps = verdict.answered_ms, verdict.ended_ms
    return Settlement(call.hold.call_id, verdict.source, route, "ANSWER", cause, *stamps, tried)


def settlement_by_leg(call_id: str, leg: LoggedLeg, source: Source) -> Settlement:
    """What the event log alone tells of a call that was answered and has ended."""
    tried = (TriedCarrier(leg.route, "ANSWER", leg.hangup_cause),) if leg.route else ()
    stamps = leg.answered_at_ms, leg.ended_at_ms
    return Settlement(call_id, source, leg.route, "ANSWER", leg.hangup_cause, *stamps, tried)


def _list(session: Session, call: OpenCall, verdict: Charge | Free, now: datetime) -> None:
    call_id = call.hold.call_id
    match verdict:
        case Charge(answered_ms, ended_ms, Source.HEARTBEAT):
            details = f"its end is not known: charged to the last heartbeat, {(ended_ms - answered_ms) // 1000} s"
            note_alarm(session, call_id, AlarmKind.HEARTBEAT_CHARGE, details, now)
        case Free(is_unseen=True):
            details = "its time was over and its Asterisk could not be asked: freed without a charge"
            note_alarm(session, call_id, AlarmKind.RELEASED_UNSEEN, details, now)


def route_of_channel(channel: str) -> str:
    """PJSIP/demo.second-0000002a: the endpoint is the route."""
    return channel.partition("/")[2].rpartition("-")[0]


def _ms(moment: datetime) -> int:
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
