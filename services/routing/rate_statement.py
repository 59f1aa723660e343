"""Rates by a statement: the reference that a deck in memory is compared with, and what serves while there is none."""

from collections.abc import Collection, Mapping
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from billing.held_rate import HeldRate
from billing.phone import NUMBER_DIGITS_MAX
from billing.rate_choice import Precision, day_minute, has_hours
from billing.rating import Step, Tariff
from billing.routing_plan import PlanFacts
from models import Rate, RateTable
from services.rates.live_rates import seen_by
from services.routing.plan_facts import find_plan
from services.store.run import run

TARIFF_NAMES = tuple(name for name in Tariff.__slots__ if name != "steps")
TARIFF_COLUMNS = (*(getattr(Rate, name) for name in TARIFF_NAMES), Rate.steps)
PERIOD_COLUMNS = (Rate.valid_from, Rate.valid_until, Rate.days, Rate.from_minute, Rate.until_minute)
WORD_COLUMNS = (Rate.destination_name, Rate.is_blocked, Rate.ghost_minutes_percent)
PREFIX_NAMES = tuple(f"prefix_{length}" for length in range(1, NUMBER_DIGITS_MAX + 1))
TARIFFS_KEPT_MAX = 10_000
_TARIFF_FROM = 2 + len(PERIOD_COLUMNS) + len(WORD_COLUMNS)

RATES_THAT_HOLD: Select[*tuple[Any, ...]] = (
    select(Rate.rate_table_id, Rate.prefix, *PERIOD_COLUMNS, *WORD_COLUMNS, *TARIFF_COLUMNS)
    .join(RateTable, RateTable.id == Rate.rate_table_id)
    .where(
        Rate.rate_table_id.in_(bindparam("tables", expanding=True)),
        Rate.prefix.in_([bindparam(name) for name in PREFIX_NAMES]),
        Rate.valid_from <= bindparam("now"),
        or_(Rate.valid_until.is_(None), Rate.valid_until > bindparam("now")),
        Rate.days.bitwise_and(bindparam("day")) != 0,
        Rate.from_minute <= bindparam("minute"),
        Rate.until_minute > bindparam("minute"),
        *seen_by(RateTable.generation),
    )
)


class RateStatement:
    """A RateSource that reads every time."""

    def find_plan(self, session: Session, plan_id: int) -> PlanFacts | None:
        return find_plan(session, plan_id)

    def rates_that_hold(
        self, session: Session, table_ids: Collection[int], number: str, now: datetime, zone: tzinfo
    ) -> Mapping[int, HeldRate]:
        at = day_minute(now, zone)
        values = {"tables": list(table_ids), **prefixes_of(number), "now": now, "day": at.day, "minute": at.minute}
        best: dict[int, Row[*tuple[Any, ...]]] = {}
        for row in run(session, RATES_THAT_HOLD, values):
            known = best.get(row.rate_table_id)
            if known is None or _precision(row) > _precision(known):
                best[row.rate_table_id] = row
        return {table_id: _held(row) for table_id, row in best.items()}


RATE_STATEMENT = RateStatement()


def prefixes_of(number: str) -> dict[str, str]:
    """Every prefix of the number by its name in the statement; a number that is shorter stands there more than once."""
    return {name: number[:length] for length, name in enumerate(PREFIX_NAMES, 1)}


@lru_cache(maxsize=TARIFFS_KEPT_MAX)
def tariff_of(terms: tuple[Any, ...], steps: tuple[tuple[tuple[str, int], ...], ...]) -> Tariff:
    """A tariff checks its terms when it is made; rate tables have few that differ."""
    complete: list[Any] = [*terms, tuple(Step(**dict(step)) for step in steps)]
    return Tariff(*complete)


def _precision(row: Row[*tuple[Any, ...]]) -> Precision:
    hours = (row.days, row.from_minute, row.until_minute)
    return Precision(len(row.prefix), has_hours(*hours), row.valid_from, row.from_minute, row.days)


def _held(row: Row[*tuple[Any, ...]]) -> HeldRate:
    tariff = tariff_of(row[_TARIFF_FROM:-1], tuple(tuple(step.items()) for step in row.steps))
    return HeldRate(row.prefix, row.destination_name, row.is_blocked, row.ghost_minutes_percent, tariff)
