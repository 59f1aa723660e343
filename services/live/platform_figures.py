"""The figures by which machines watch the platform: holds, calls, Asterisks, what waits, and the last proof of the
ledger.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.states import HoldState, JobState
from models import CallRecord, GuardCounter, Hold, Job, Wallet
from services.calls.call_alarms import count_open_alarms
from services.calls.end_calls import END_CALL
from services.live.live_report import asterisk_states
from services.live.open_holds import unseen_calls
from services.money.note_verification import last_verification

RECENT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Figure:
    """One value; figures of one name differ by their labels."""

    name: str
    meaning: str
    value: int
    labels: dict[str, str] = field(default_factory=dict)


def platform_figures(session: Session, now: datetime) -> list[Figure]:
    """All in whole numbers: money in micros, time in seconds."""
    return [
        *_holds(session),
        *_calls(session, now),
        *_asterisks(session),
        *_waiting(session, now),
        *_proof(session, now),
    ]


def _holds(session: Session) -> Iterator[Figure]:
    query = (
        select(Wallet.currency, func.count(), func.sum(Hold.amount_micros))
        .join(Wallet, Wallet.id == Hold.wallet_id)
        .where(Hold.state == HoldState.OPEN)
        .group_by(Wallet.currency)
    )
    for currency, count, micros in session.execute(query):
        yield Figure("holds_open", "Calls whose money is held", count, {"currency": currency})
        yield Figure("holds_micros", "Money held for calls", int(micros), {"currency": currency})


def _calls(session: Session, now: datetime) -> Iterator[Figure]:
    query = (
        select(CallRecord.disposition, CallRecord.settled_by, func.count())
        .where(CallRecord.placed_at >= now - RECENT)
        .group_by(CallRecord.disposition, CallRecord.settled_by)
    )
    for disposition, settled_by, count in session.execute(query):
        labels = {"outcome": disposition.value, "settled_by": settled_by}
        yield Figure("calls_recent", "Calls placed within the last hour", count, labels)


def _asterisks(session: Session) -> Iterator[Figure]:
    for asterisk in asterisk_states(session):
        labels = {"asterisk": asterisk.name}
        yield Figure("asterisk_up", "1 while the watcher reaches it", int(asterisk.is_up), labels)
        yield Figure("asterisk_channels", "Channels by the last list", asterisk.channels, labels)


def _waiting(session: Session, now: datetime) -> Iterator[Figure]:
    yield Figure("reconciler_backlog", "Open holds whose call no list shows", len(unseen_calls(session)))
    yield Figure("call_alarms_open", "Calls that someone should look at", count_open_alarms(session))
    ends = select(func.count()).select_from(Job).where(Job.kind == END_CALL, Job.state == JobState.WAITING)
    yield Figure("ends_waiting", "Calls whose end was asked for", session.scalars(ends).one())
    locked = select(func.count()).select_from(GuardCounter).where(GuardCounter.locked_until > now)
    yield Figure("guard_locked", "Callers and lines locked for guessing", session.scalars(locked).one())


def _proof(session: Session, now: datetime) -> Iterator[Figure]:
    proof = last_verification(session)
    if proof is not None:
        yield Figure("verify_breaches", "Broken invariants by the last proof of the ledger", proof.breaches)
        yield Figure("verify_seconds", "How long that proof took", proof.seconds)
        age = now - proof.at
        yield Figure("verify_age_seconds", "Time since that proof", age.days * 86_400 + age.seconds)
