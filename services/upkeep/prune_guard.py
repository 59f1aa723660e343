"""Forget what the guard no longer needs: callers without a lock for days, and wrong entries and budgets of old days.

Everyone who calls once may leave a counter, so that they would fill the disk in time.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from billing.states import GuardScope
from models import FailedEntry, GuardBudget, GuardCounter

KEPT_DAYS_DEFAULT: Final = 90  # of the list of wrong entries, and of the budgets
COUNTER_KEPT: Final = timedelta(days=2)  # longer than any window, and than a day after the longest lock
PERSONS: Final = (GuardScope.CALLER_ID, GuardScope.ADDRESS, GuardScope.UNDIALLED)


@dataclass(frozen=True, slots=True)
class Pruned:
    """Rows that were, or in a dry run would be, removed."""

    counters: int
    failed_entries: int
    budgets: int


def prune_guard(session: Session, now: datetime, kept_days: int, *, dry_run: bool = False) -> Pruned:
    """Counters of callers go when they hold nothing any more; the list and the budgets after `kept_days`."""
    oldest = now - timedelta(days=kept_days)
    return Pruned(
        _prune(session, GuardCounter, _is_idle(now), dry_run=dry_run),
        _prune(session, FailedEntry, FailedEntry.happened_at < oldest, dry_run=dry_run),
        _prune(session, GuardBudget, GuardBudget.day < oldest.astimezone(UTC).date(), dry_run=dry_run),
    )


def _is_idle(now: datetime) -> ColumnElement[bool]:
    quiet_since = now - COUNTER_KEPT
    return (
        GuardCounter.scope.in_(PERSONS)
        & (GuardCounter.window_began_at < quiet_since)
        & or_(GuardCounter.locked_until.is_(None), GuardCounter.locked_until < quiet_since)
    )


def _prune(
    session: Session,
    table: type[GuardCounter | FailedEntry | GuardBudget],
    is_old: ColumnElement[bool],
    *,
    dry_run: bool,
) -> int:
    if dry_run:
        return session.scalars(select(func.count()).select_from(table).where(is_old)).one()
    # Counted by the database: nothing is loaded.
    removed = session.connection().execute(delete(table).where(is_old))
    return removed.rowcount
