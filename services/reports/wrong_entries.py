"""Wrong PINs, card numbers and voucher codes, by day and kind."""

from dataclasses import dataclass
from datetime import date, tzinfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.states import EntryKind
from models import FailedEntry
from services.reports.days import bounds_of, days_between
from services.reports.report_days import check_days


@dataclass(frozen=True, slots=True)
class WrongEntries:
    """`callers` counts the phones from which they came."""

    day: date
    kind: EntryKind
    entries: int
    callers: int


def wrong_entries(session: Session, first: date, last: date, zone: tzinfo) -> list[WrongEntries]:
    """Days without any are left out; entries are kept as long as the guard keeps them."""
    check_days(first, last)
    found = []
    for day in days_between(first, last):
        bounds = bounds_of(day, zone)
        query = (
            select(FailedEntry.kind, func.count(), func.count(FailedEntry.caller_id.distinct()))
            .where(FailedEntry.happened_at >= bounds.begin, FailedEntry.happened_at < bounds.end)
            .group_by(FailedEntry.kind)
            .order_by(FailedEntry.kind)
        )
        found += [WrongEntries(day, *row) for row in session.execute(query)]
    return found
