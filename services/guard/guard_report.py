"""What the guard holds against whom: locks, budgets, lines in alarm, and the wrong entries themselves (V-34)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.card_number import keyed_number
from billing.states import EntryKind, GuardScope
from models import BlockedPhone, Card, FailedEntry, GuardBudget, GuardCounter

ROWS_SHOWN_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """Which wrong entries; None = all."""

    caller_id: str | None = None
    card_number: str | None = None
    access_number: str | None = None
    kind: EntryKind | None = None
    newest: int = 50


def guard_status(session: Session, now: datetime) -> dict[str, Any]:
    """Who is locked now or blocked, how much of each budget of today is spent, and which lines are in alarm."""
    return {
        "locks": _locks(session, now),
        "blocked": _blocked(session),
        "budgets": _budgets(session, now),
        "alarms": _alarms(session),
    }


def failed_entries(session: Session, wanted: FailureFilter) -> list[dict[str, Any]]:
    """The newest first. `card` is the number that was keyed, where there is such a card."""
    names = ("happened_at", "kind", "door", "caller_id", "access_number", "trunk", "address")
    query = (
        select(*(getattr(FailedEntry, name) for name in names), Card.number)
        .join(Card, Card.id == FailedEntry.card_id, isouter=True)
        .order_by(FailedEntry.happened_at.desc(), FailedEntry.id.desc())
        .limit(min(wanted.newest, ROWS_SHOWN_MAX))
    )
    for name in ("caller_id", "access_number", "kind"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(getattr(FailedEntry, name) == value)
    if wanted.card_number is not None:
        query = query.where(Card.number == keyed_number(wanted.card_number))
    rows = (dict(zip((*names, "card"), row, strict=True)) for row in session.execute(query))
    return [{**row, "happened_at": row["happened_at"].isoformat(), "kind": row["kind"].value} for row in rows]


def _blocked(session: Session) -> list[dict[str, Any]]:
    """The latest first."""
    query = select(BlockedPhone).order_by(BlockedPhone.blocked_at.desc()).limit(ROWS_SHOWN_MAX)
    return [
        {
            "caller_id": phone.caller_id,
            "reason": phone.reason,
            "blocked_at": phone.blocked_at.isoformat(),
            "blocked_by": phone.blocked_by,
        }
        for phone in session.scalars(query)
    ]


def _locks(session: Session, now: datetime) -> list[dict[str, Any]]:
    counters = (
        select(GuardCounter.scope, GuardCounter.subject, GuardCounter.locked_until, GuardCounter.locks)
        .where(GuardCounter.locked_until > now)
        .order_by(GuardCounter.locked_until.desc(), GuardCounter.subject)
    )
    cards = select(Card.number, Card.locked_until).where(Card.locked_until > now).order_by(Card.number)
    callers = [
        {"scope": scope.value, "subject": subject, "locked_until": _text(until), "locks": locks}
        for scope, subject, until, locks in session.execute(counters.limit(ROWS_SHOWN_MAX))
    ]
    locked = [
        {"scope": "card", "subject": number, "locked_until": _text(until), "locks": 1}
        for number, until in session.execute(cards.limit(ROWS_SHOWN_MAX))
    ]
    return [*callers, *locked]


def _budgets(session: Session, now: datetime) -> list[dict[str, Any]]:
    today = select(GuardBudget).where(GuardBudget.day == now.astimezone(UTC).date())
    ordered = today.order_by(GuardBudget.kind, GuardBudget.secret_length)
    return [
        {
            "kind": budget.kind.value,
            "secret_length": budget.secret_length,
            "failures": budget.failures,
            "allowed": budget.allowed,
            "spent_percent": 100 * budget.failures // budget.allowed if budget.allowed else 100,
            "alarmed_at": _text(budget.alarmed_at),
        }
        for budget in session.scalars(ordered)
    ]


def _alarms(session: Session) -> list[dict[str, Any]]:
    lines = (GuardScope.ACCESS_NUMBER, GuardScope.TRUNK)
    query = (
        select(GuardCounter.scope, GuardCounter.subject, GuardCounter.history, GuardCounter.alarmed_at)
        .where(GuardCounter.scope.in_(lines), GuardCounter.alarmed_at.is_not(None))
        .order_by(GuardCounter.alarmed_at, GuardCounter.subject)
        .limit(ROWS_SHOWN_MAX)
    )
    return [
        {
            "scope": scope.value,
            "subject": subject,
            "wrong_of_last_50": history.bit_count(),
            "alarmed_at": _text(alarmed_at),
        }
        for scope, subject, history, alarmed_at in session.execute(query)
    ]


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
