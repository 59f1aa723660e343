"""Read one rate table for a deck in memory: the database puts together the rates that differ only by their prefix."""

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, Text, bindparam, cast, func, or_, select
from sqlalchemy.orm import Session

from billing.rate_deck import NO_END, Period, TableDeck, Terms, Words, since_1970_us
from billing.tariff import Tariff
from models import Rate
from services.rates.live_rates import live_rates
from services.routing.deck_order import ordered
from services.routing.rate_statement import PERIOD_COLUMNS, TARIFF_COLUMNS, WORD_COLUMNS, tariff_of
from services.store.run import run

ROWS_AT_ONCE = 1_000  # taken from the driver in one piece, during which no call goes on
# `steps` is JSON, which PostgreSQL cannot compare
TERM_COLUMNS = (*PERIOD_COLUMNS, *WORD_COLUMNS, *TARIFF_COLUMNS[:-1], cast(Rate.steps, Text).label("steps_text"))
WORDS_FROM = 1 + len(PERIOD_COLUMNS)
TARIFF_FROM = WORDS_FROM + len(WORD_COLUMNS)
PARTS = (slice(1, WORDS_FROM), slice(WORDS_FROM, TARIFF_FROM), slice(TARIFF_FROM, None))
Values = tuple[Any, ...]


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


@dataclass(frozen=True, slots=True)
class Known:
    """What was read before, by its columns: tables of a deck share their destinations and prices."""

    periods: dict[Values, Period] = field(default_factory=dict)
    words: dict[Values, Words] = field(default_factory=dict)
    tariffs: dict[Values, Tariff] = field(default_factory=dict)


def read_table(session: Session, table_id: int, revision: int, ended_before: datetime, known: Known) -> TableDeck:
    """Rates that ended before that moment are left out; those that begin later are not."""
    values = {"table": table_id, "ended_before": ended_before}
    dialect = session.get_bind().dialect.name
    prefixes: dict[int, str] = {}
    for some in run(session, ALIKE[dialect], values).partitions(ROWS_AT_ONCE):
        prefixes.update(some)
    columns: tuple[dict[Values, int], ...] = ({}, {}, {})
    places = tuple(array("i") for _ in columns)
    texts: list[str] = []
    ids = list(prefixes)
    for first in range(0, len(ids), ROWS_AT_ONCE):
        for row in run(session, TERMS[dialect], {"ids": ids[first : first + ROWS_AT_ONCE]}):
            texts.append(prefixes.pop(row[0]))
            for column, place, part in zip(columns, places, PARTS, strict=True):
                place.append(column.setdefault(row[part], len(column)))
    return ordered(revision, _terms(columns, places, known), texts)


def _terms(columns: Sequence[Iterable[Values]], places: "Sequence[array[int]]", known: Known) -> Terms:
    periods, words, tariffs = columns
    return Terms(
        [known.periods.get(one) or known.periods.setdefault(one, _period(*one)) for one in periods],
        [known.words.get(one) or known.words.setdefault(one, Words(*one)) for one in words],
        [known.tariffs.get(one) or known.tariffs.setdefault(one, _tariff(*one)) for one in tariffs],
        *places,
    )


def _period(valid_from: datetime, valid_until: datetime | None, days: int, first: int, last: int) -> Period:
    return Period(
        since_1970_us(valid_from), NO_END if valid_until is None else since_1970_us(valid_until), days, first, last
    )


def _tariff(*values: Any) -> Tariff:  # noqa: ANN401 (columns)
    *terms, steps = values
    return tariff_of(tuple(terms), _steps(steps))


def _steps(text: str) -> tuple[tuple[tuple[str, int], ...], ...]:
    return () if text == "[]" else tuple(tuple(step.items()) for step in json.loads(text))
