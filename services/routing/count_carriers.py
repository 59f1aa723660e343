"""Count how each carrier fares: attempts, answers and seconds of the newest calls, and how its newest attempt ended.

A call that went over three carriers is an attempt of each: the reports' rollup knows only the one that answered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Account, CallRecord, CarrierState
from services.reports.days import IS_CUSTOMERS
from services.store.upsert import insert_or_skip

COUNTED: Final = timedelta(hours=24)
CALLS_MAX: Final = 20_000  # a quarter of a second; a platform that has more in a day asks how carriers fare now
ANSWERED: Final = "ANSWER"


@dataclass(slots=True)
class CarrierCount:
    """`last_...` are those of the newest attempt."""

    last_tried_at: datetime
    last_status: str
    last_cause: int | None
    attempts: int = 0
    answered: int = 0
    talk_seconds: int = 0


def count_carriers(session: Session, now: datetime) -> int:
    """How many carriers were tried. One that was not keeps what is known of its newest attempt."""
    counts = _counts(_newest_calls(session, now))
    accounts = select(Account.id, Account.endpoint).where(Account.terminator_enabled, Account.deleted_at.is_(None))
    for account_id, endpoint in session.execute(accounts.order_by(Account.id)).all():
        insert_or_skip(session, CarrierState, account_id=account_id)
        session.execute(
            update(CarrierState)
            .where(CarrierState.account_id == account_id)
            .values(_values(counts.get(endpoint or ""), now))
        )
    return len(counts)


def _newest_calls(session: Session, now: datetime) -> Iterable[Any]:
    columns = (CallRecord.placed_at, CallRecord.tried, CallRecord.talk_seconds)
    is_counted = (CallRecord.reversed_at.is_(None), IS_CUSTOMERS)
    query = select(*columns).where(CallRecord.placed_at >= now - COUNTED, *is_counted)
    return session.execute(query.order_by(CallRecord.placed_at.desc()).limit(CALLS_MAX))


def _counts(calls: Iterable[Any]) -> dict[str, CarrierCount]:
    """By endpoint; the newest call comes first."""
    counts: dict[str, CarrierCount] = {}
    for placed_at, tried, talk_seconds in calls:
        for one in reversed(tried):
            status, cause = str(one["dial_status"])[:20], str(one.get("hangup_cause") or "")
            count = counts.setdefault(one["route"], CarrierCount(placed_at, status, _whole(cause)))
            count.attempts += 1
            if status == ANSWERED:
                count.answered += 1
                count.talk_seconds += talk_seconds
    return counts


def _values(count: CarrierCount | None, now: datetime) -> dict[str, Any]:
    if count is None:
        return {"attempts": 0, "answered": 0, "talk_seconds": 0, "counted_at": now}
    return {name: getattr(count, name) for name in CarrierCount.__slots__} | {"counted_at": now}


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 4 else None
