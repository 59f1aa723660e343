"""Judge a call whose settlement did not come: wait, charge it, or free its hold, by the evidence there is, in the order
of trust: the event log of Asterisk, the events of its control port, the last heartbeat (asterisk.md 9).
"""

from dataclasses import dataclass
from enum import StrEnum


class AlarmKind(StrEnum):
    """Why an operator should look at a call."""

    HEARTBEAT_CHARGE = "heartbeat_charge"  # its end is unknown: charged to the moment when it was last seen up
    LATE_SETTLEMENT = "late_settlement"  # a charge came when its hold was freed already
    RELEASED_UNSEEN = "released_unseen"  # freed after its longest time, while its Asterisk could not be asked
    CLOCK_DIFFERENCE = "clock_difference"  # our stamps and the event log of Asterisk differ by more than 1 s
    NOT_AUTHORISED = "not_authorised"  # it was up without an open hold, and was ended


class Reach(StrEnum):
    """Whether the call can still be up."""

    LISTED = "listed"  # Asterisk lists its channel, or the caller's
    GONE = "gone"  # every Asterisk that may have it was asked since, and lists none
    RESTARTED = "restarted"  # its Asterisk started anew since
    AWAY = "away"  # an Asterisk that may have it cannot be asked


class Source(StrEnum):
    """What a call was settled by, as its record says it."""

    CEL = "cel"
    EVENTS = "events"
    HEARTBEAT = "heartbeat"
    RECONCILER = "reconciler"  # nothing tells of an answer: freed


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvidence:
    """All that is known; stamps are ms since the epoch. `over_at_ms` is when the call must be over, had it been
    dialled: ring time, limit and a margin.
    """

    reach: Reach
    now_ms: int
    over_at_ms: int
    limit_ms: int
    cel_answered_ms: int | None = None
    cel_ended_ms: int | None = None
    events_answered_ms: int | None = None
    events_ended_ms: int | None = None
    leg_seen_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """The call may be up, or may still be told of."""


@dataclass(frozen=True, slots=True)
class Charge:
    """The call was answered, and ended at the latest then."""

    answered_ms: int
    ended_ms: int
    source: Source


@dataclass(frozen=True, slots=True)
class Free:
    """No answer is known. `is_unseen`: its Asterisk could not be asked, only its time is over."""

    is_unseen: bool = False


def judge_call(evidence: CallEvidence) -> Wait | Charge | Free:
    """No decision rests on an event that did not come: only on a list of channels, or on a time that is over."""
    if evidence.reach is Reach.LISTED:
        return Wait()
    if evidence.cel_answered_ms is not None and evidence.cel_ended_ms is not None:
        return Charge(evidence.cel_answered_ms, evidence.cel_ended_ms, Source.CEL)
    if evidence.reach is Reach.AWAY and evidence.now_ms < evidence.over_at_ms:
        return Wait()
    answered_ms = _first(evidence.cel_answered_ms, evidence.events_answered_ms)
    if answered_ms is None:
        return Free(is_unseen=evidence.reach is Reach.AWAY)
    ended_ms = _first(evidence.cel_ended_ms, evidence.events_ended_ms)
    if ended_ms is not None:
        return Charge(answered_ms, ended_ms, Source.EVENTS)
    return Charge(answered_ms, _last_seen(evidence, answered_ms), Source.HEARTBEAT)


def _last_seen(evidence: CallEvidence, answered_ms: int) -> int:
    """Never before the answer, and never after the limit."""
    return min(max(answered_ms, evidence.leg_seen_ms or answered_ms), answered_ms + evidence.limit_ms)


def _first(*stamps: int | None) -> int | None:
    return next((stamp for stamp in stamps if stamp is not None), None)
