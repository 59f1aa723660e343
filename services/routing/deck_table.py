"""Read one rate table for a deck in memory: the database puts together the rates that differ only by their prefix."""

import json
import sys
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, Select, Text, bindparam, cast, func, or_, select
from sqlalchemy.orm import Session

from billing.rate_deck import NO_END, Period, TableDeck, Term, since_1970_us
from models import Rate
from services.rates.live_rates import live_rates
from services.routing.deck_order import ordered
from services.routing.rate_statement import PERIOD_COLUMNS, TARIFF_COLUMNS, WORD_COLUMNS, tariff_of
from services.store.run import run

TERMS_READ_AT_ONCE = 1_000
# `steps` is JSON, which PostgreSQL cannot compare
TERM_COLUMNS = (*PERIOD_COLUMNS, *WORD_COLUMNS, *TARIFF_COLUMNS[:-1], cast(Rate.steps, Text).label("steps_text"))
WORDS_FROM = 1 + len(PERIOD_COLUMNS)
TARIFF_FROM = WORDS_FROM + len(WORD_COLUMNS)


def _alike(*same: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 (columns)
    """One row for the rates that have all of `same` in common: an id of them, and their prefixes."""
    return (
        select(func.min(Rate.id), func.aggregate_strings(Rate.prefix, ","))
        .where(live_rates(bindparam("table", type_=BigInteger)))
        .where(or_(Rate.valid_until.is_(None), Rate.valid_until > bindparam("ended_before")))
        .group_by(*same)
    )


# PostgreSQL groups by one number four times as fast as by 22 columns; two rates of a table that differ have the same
# one by a chance of 1 in 10**19.
ALIKE = {
    "postgresql": _alike(func.hash_record_extended(func.row(*TERM_COLUMNS), 0)),
    "sqlite": _alike(*TERM_COLUMNS),
}
_TERMS = select(Rate.id, *TERM_COLUMNS)
TERMS = {
    "postgresql": _TERMS.where(Rate.id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))),
    "sqlite": _TERMS.where(Rate.id.in_(bindparam("ids", expanding=True))),
}


def read_table(session: Session, table_id: int, revision: int, ended_before: datetime) -> TableDeck:
    """Rates that ended before that moment are left out; those that begin later are not."""
    values = {"table": table_id, "ended_before": ended_before}
    dialect = session.get_bind().dialect.name
    prefixes: dict[int, str] = dict(run(session, ALIKE[dialect], values).all())
    periods: dict[Period, Period] = {}
    terms: list[Term] = []
    texts: list[str] = []
    ids = list(prefixes)
    for first in range(0, len(ids), TERMS_READ_AT_ONCE):
        for row in run(session, TERMS[dialect], {"ids": ids[first : first + TERMS_READ_AT_ONCE]}):
            terms.append(_term(row, periods))
            texts.append(prefixes[row[0]])
    return ordered(revision, terms, texts)


def _term(row: Row[*tuple[Any, ...]], periods: dict[Period, Period]) -> Term:
    period = _period(row)
    steps = _steps(row.steps_text)
    name, is_blocked, ghost_percent = row[WORDS_FROM:TARIFF_FROM]
    tariff = tariff_of(row[TARIFF_FROM:-1], steps)
    # Twenty carriers name the same destinations: each name is kept once.
    return Term(periods.setdefault(period, period), sys.intern(name), is_blocked, ghost_percent, tariff)


def _period(row: Row[*tuple[Any, ...]]) -> Period:
    until_us = NO_END if row.valid_until is None else since_1970_us(row.valid_until)
    return Period(since_1970_us(row.valid_from), until_us, row.days, row.from_minute, row.until_minute)


def _steps(text: str) -> tuple[tuple[tuple[str, int], ...], ...]:
    return () if text == "[]" else tuple(tuple(step.items()) for step in json.loads(text))
