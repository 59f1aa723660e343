"""Read one rate table for a deck in memory: the database puts together the rates that differ only by their prefix."""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, Text, bindparam, cast, func, or_, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

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
WORDS_FROM = len(PERIOD_COLUMNS)
TARIFF_FROM = WORDS_FROM + len(WORD_COLUMNS)
PARTS = (slice(WORDS_FROM), slice(WORDS_FROM, TARIFF_FROM), slice(TARIFF_FROM, None))
Values = tuple[Any, ...]
Stored = datetime | str


def _alike(ids_or_terms: Sequence[Any], same: Sequence[Any]) -> Select[*tuple[Any, ...]]:
    """One row for the rates that have all of `same` in common: their prefixes behind what is asked of them."""
    return (
        select(*ids_or_terms, func.aggregate_strings(Rate.prefix, ","))
        .where(live_rates(bindparam("table", type_=BigInteger)))
        .where(or_(Rate.valid_until.is_(None), Rate.valid_until > bindparam("ended_before")))
        .group_by(*same)
    )


# PostgreSQL groups by one number four times as fast as by 22 columns; two rates of a table that differ have the same
# one by a chance of 1 in 10**19.
ALIKE = _alike([func.min(Rate.id)], [func.hash_record_extended(func.row(*TERM_COLUMNS), 0)])
TERMS = select(Rate.id, *TERM_COLUMNS).where(Rate.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
# SQLite has no such hash, but what it has sorted comes with all its columns. What differs most stands first, so that
# few columns are compared; and every column comes as it is stored: what is the same is understood once (_terms).
ALIKE_TERMS = _alike(
    [type_coerce(column, NullType()) for column in TERM_COLUMNS],
    sorted(TERM_COLUMNS, key=lambda column: column.key != "destination_name"),
)


@dataclass(frozen=True, slots=True)
class Known:
    """What was read before, by its columns: tables of a deck share their destinations and prices."""

    periods: dict[Values, Period] = field(default_factory=dict)
    words: dict[Values, Words] = field(default_factory=dict)
    tariffs: dict[Values, Tariff] = field(default_factory=dict)


def read_table(session: Session, table_id: int, revision: int, ended_before: datetime, known: Known) -> TableDeck:
    """Rates that ended before that moment are left out; those that begin later are not."""
    values = {"table": table_id, "ended_before": ended_before}
    read = _terms_and_prefixes if session.get_bind().dialect.name == "sqlite" else _terms_of_ids
    columns: tuple[dict[Values, int], ...] = ({}, {}, {})
    places = tuple(array("i") for _ in columns)
    texts: list[str] = []
    for terms, prefixes in read(session, values):
        texts.append(prefixes)
        for column, place, part in zip(columns, places, PARTS, strict=True):
            place.append(column.setdefault(terms[part], len(column)))
    return ordered(revision, _terms(columns, places, known), texts)


def _terms_and_prefixes(session: Session, values: Mapping[str, Any]) -> Iterator[tuple[Values, str]]:
    for some in run(session, ALIKE_TERMS, values).partitions(ROWS_AT_ONCE):
        for *terms, prefixes in some:
            yield tuple(terms), prefixes


def _terms_of_ids(session: Session, values: Mapping[str, Any]) -> Iterator[tuple[Values, str]]:
    prefixes: dict[int, str] = {}
    for some in run(session, ALIKE, values).partitions(ROWS_AT_ONCE):
        prefixes.update(some)
    ids = list(prefixes)
    for first in range(0, len(ids), ROWS_AT_ONCE):
        for rate_id, *terms in run(session, TERMS, {"ids": ids[first : first + ROWS_AT_ONCE]}):
            yield tuple(terms), prefixes.pop(rate_id)


def _terms(columns: Sequence[Iterable[Values]], places: "Sequence[array[int]]", known: Known) -> Terms:
    periods, words, tariffs = columns
    return Terms(
        [known.periods.get(one) or known.periods.setdefault(one, _period(*one)) for one in periods],
        [known.words.get(one) or known.words.setdefault(one, _words(*one)) for one in words],
        [known.tariffs.get(one) or known.tariffs.setdefault(one, _tariff(*one)) for one in tariffs],
        *places,
    )


def _period(valid_from: Stored, valid_until: Stored | None, days: int, first: int, last: int) -> Period:
    until_us = NO_END if valid_until is None else since_1970_us(_moment(valid_until))
    return Period(since_1970_us(_moment(valid_from)), until_us, days, first, last)


def _moment(stored: Stored) -> datetime:
    """SQLite keeps the UTC of a moment as text."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC) if isinstance(stored, str) else stored


def _words(destination_name: str, is_blocked: int, ghost_minutes_percent: int | None) -> Words:
    """SQLite keeps a truth as a number."""
    return Words(destination_name, bool(is_blocked), ghost_minutes_percent)


def _tariff(*values: Any) -> Tariff:  # noqa: ANN401 (columns)
    *terms, steps = values
    return tariff_of(tuple(terms), _steps(steps))


def _steps(text: str) -> tuple[tuple[tuple[str, int], ...], ...]:
    return () if text == "[]" else tuple(tuple(step.items()) for step in json.loads(text))
