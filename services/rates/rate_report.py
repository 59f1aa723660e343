"""Rate tables and their rates in plain words, for the command line and for pages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Rate, RateTable
from services.rates.live_rates import is_live, live_rates
from services.rates.rate_fields import PREFIX_DIGITS_MAX, RATE_FIELDS
from services.rates.table_users import table_users
from services.store.keyset import Order, Wanted, page_of

RATES_SHOWN_MAX = 1_000
BY_PREFIX = Order((Rate.prefix, Rate.valid_from, Rate.id))


def rate_tables(session: Session, *, with_deleted: bool = False) -> list[dict[str, Any]]:
    """By name, each with its number of rates (those of past and future periods too)."""
    numbers = select(Rate.rate_table_id, func.count().label("rates")).where(is_live())
    counted = numbers.group_by(Rate.rate_table_id).subquery()
    query = select(RateTable, func.coalesce(counted.c.rates, 0)).outerjoin(
        counted, counted.c.rate_table_id == RateTable.id
    )
    if not with_deleted:
        query = query.where(~RateTable.is_deleted)
    return [{**_table(table), "rates": rates} for table, rates in session.execute(query.order_by(RateTable.name))]


def find_table_report(session: Session, name: str) -> dict[str, Any] | None:
    """The table with who uses it; None if there is none of this name."""
    table = session.scalars(select(RateTable).where(RateTable.name == name)).one_or_none()
    if table is None:
        return None
    rates = session.scalars(select(func.count()).where(live_rates(table.id))).one()
    return {**_table(table), "rates": rates, "users": [user.what for user in table_users(session, table.id)]}


@dataclass(frozen=True, slots=True)
class RatePage:
    """`after` is the place behind which the next page begins; None: this one is the last."""

    rates: list[dict[str, Any]]
    after: str | None


def rates_of_table(
    session: Session,
    table_id: int,
    *,
    prefix: str = "",
    at: datetime | None = None,
    after: str | None = None,
    most: int = 100,
) -> RatePage:
    """Rates whose prefix begins with `prefix`, by prefix and period; `at`: only those of a period that holds then."""
    query = select(Rate).where(live_rates(table_id))
    if prefix:  # digits: an index knows a range in every collation, but not what begins with a text
        query = query.where(Rate.prefix.between(prefix, prefix.ljust(PREFIX_DIGITS_MAX, "9")))
    if at is not None:
        query = query.where(Rate.valid_from <= at, Rate.valid_until.is_(None) | (Rate.valid_until > at))
    page = page_of(session, query, BY_PREFIX, Wanted(min(most, RATES_SHOWN_MAX), after))
    return RatePage([rate_as_object(row.Rate) for row in page.rows], page.after)


def rate_as_object(rate: Rate) -> dict[str, Any]:
    values = {field.name: getattr(rate, field.name) for field in RATE_FIELDS}
    moments = {name: values[name].isoformat() if values[name] else None for name in ("valid_from", "valid_until")}
    return {"id": rate.id, **values, **moments, "steps": rate.steps}


def _table(table: RateTable) -> dict[str, Any]:
    names = ("id", "name", "currency", "notes", "is_deleted", "version")
    return {name: getattr(table, name) for name in names}
