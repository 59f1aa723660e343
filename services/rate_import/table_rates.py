"""The rates of a table as an import compares them: by prefix and hours, each with its period and terms."""

import json
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from models import Rate
from services.rate_import.terms import NO_STEPS, STEPS, TERM_NAMES, Terms, steps_text
from services.rates.live_rates import live_rates

FOREVER: Final = datetime.max.replace(tzinfo=UTC)
ROWS_A_FETCH: Final = 10_000
RateKey = tuple[str, tuple[int, int, int]]  # prefix; days, from_minute, until_minute


class TableRate(NamedTuple):
    """`valid_until` is FOREVER where there is no end."""

    id: int
    valid_from: datetime
    valid_until: datetime
    terms: Terms


def table_rates(session: Session, table_id: int, ends_after: datetime | None) -> dict[RateKey, list[TableRate]]:
    """Those that still hold after a moment (None: all that ever held), each key's in the order of time."""
    columns = [cast(Rate.steps, Text) if name == "steps" else getattr(Rate, name) for name in TERM_NAMES]
    query = (
        select(Rate.prefix, Rate.days, Rate.from_minute, Rate.until_minute)
        .add_columns(Rate.id, Rate.valid_from, Rate.valid_until, *columns)
        .where(live_rates(table_id))
        .order_by(Rate.valid_from)
    )
    if ends_after is not None:
        query = query.where(Rate.valid_until.is_(None) | (Rate.valid_until > ends_after))
    found: dict[RateKey, list[TableRate]] = {}
    for row in session.execute(query.execution_options(yield_per=ROWS_A_FETCH)):
        prefix, days, from_minute, until_minute, rate_id, begins, ends, *terms = row
        if terms[STEPS] != NO_STEPS:
            terms[STEPS] = steps_text(json.loads(terms[STEPS]))
        rate = TableRate(rate_id, begins, ends or FOREVER, tuple(terms))
        found.setdefault((prefix, (days, from_minute, until_minute)), []).append(rate)
    return found


def moment_or_none(moment: datetime) -> datetime | None:
    """As the column has it."""
    return None if moment == FOREVER else moment


def rate_columns(key: RateKey, terms: Terms) -> dict[str, Any]:
    """By the names of the columns; steps as text."""
    prefix, (days, from_minute, until_minute) = key
    named = dict(zip(TERM_NAMES, terms, strict=True))
    return {"prefix": prefix, "days": days, "from_minute": from_minute, "until_minute": until_minute, **named}
