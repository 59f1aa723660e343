"""The figures of calls that every report shows: how they follow from call records, said once."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func

from models import CallDay, CallRecord

_IS_ANSWERED = CallRecord.answered_at.is_not(None)
_IS_TO_LIMIT = and_(_IS_ANSWERED, CallRecord.talk_seconds >= CallRecord.limit_seconds)


def _sum(column: Any, of: ColumnElement[bool] | None = None) -> ColumnElement[int]:  # noqa: ANN401 (a column)
    """A whole number also on PostgreSQL, whose sum of BIGINT is a decimal."""
    counted = column if of is None else case((of, column), else_=0)
    return cast(func.coalesce(func.sum(counted), 0), BigInteger)


# By the names of CallDay's columns.
FROM_RECORDS: dict[str, ColumnElement[int]] = {
    "calls": func.count(),
    "answered": func.count(CallRecord.answered_at),
    "talk_seconds": _sum(CallRecord.talk_seconds),
    "billed_seconds": _sum(CallRecord.billed_seconds),
    "cost_micros": _sum(CallRecord.cost_micros),
    "tax_micros": _sum(CallRecord.tax_micros),
    "buy_cost_micros": _sum(CallRecord.buy_cost_micros),
    "announced_seconds": _sum(CallRecord.announced_seconds, _IS_ANSWERED),
    "granted_seconds": _sum(CallRecord.limit_seconds, _IS_ANSWERED),
    "calls_to_limit": _sum(1, _IS_TO_LIMIT),
    "announced_to_limit_seconds": _sum(CallRecord.announced_seconds, _IS_TO_LIMIT),
    "delivered_to_limit_seconds": _sum(CallRecord.talk_seconds, _IS_TO_LIMIT),
}
FIGURES = tuple(FROM_RECORDS)
FROM_DAYS: dict[str, ColumnElement[int]] = {name: _sum(getattr(CallDay, name)) for name in FIGURES}
