"""A page of a long list by the row after which it begins: the last page of millions costs what the first one does."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, func, literal, select, tuple_
from sqlalchemy.orm import Session

COUNTED_MAX = 10_000  # beyond it a list says "10 000+": an exact count of millions takes longer than the page
PLACE_CHARACTERS_MAX = 400


class PlaceRefused(ValueError):
    """A place in a list that no page of ours has named."""


@dataclass(frozen=True, slots=True)
class Order:
    """The columns by which a list is sorted, the last one unique; none of them may be empty."""

    columns: tuple[SQLColumnExpression[Any], ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page: the one after a place, the one before it, or without either the first; `from_end`: the last one."""

    size: int
    after: str | None = None
    before: str | None = None
    from_end: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """`before` and `after` name the places of the pages on both sides; None where there is none."""

    rows: Sequence[Row[*tuple[Any, ...]]]
    count: int
    before: str | None
    after: str | None

    @property
    def is_count_capped(self) -> bool:
        return self.count > COUNTED_MAX


def page_of(
    session: Session,
    query: Select[*tuple[Any, ...]],
    order: Order,
    wanted: Wanted,
    counted: Select[*tuple[Any, ...]] | int | None = None,
    *,
    more: Sequence[Select[*tuple[Any, ...]]] = (),
) -> Page:
    """The rows of the query, of which each shows its own columns only (the place is cut off again). `counted` has as
    many rows and is counted in its place; or it is their number. `more` holds further queries, none of which has a row
    of another: each is found by an index of its own, which one condition with OR would keep from being used.
    """
    is_backward = wanted.from_end or wanted.before is not None
    edge = wanted.before if wanted.before is not None else wanted.after
    order_now = Order(order.columns, order.descending != is_backward)
    counts = [_count(session, query if counted is None else counted), *(_count(session, one) for one in more)]
    rows: list[Row[*tuple[Any, ...]]] = []
    for one, count in zip((query, *more), counts, strict=True):
        rows += _rows_beyond(session, one, order_now, edge, wanted.size + 1, count)
    if more:
        rows = sorted(rows, key=lambda row: tuple(row[-len(order.columns) :]), reverse=order_now.descending)
    has_more = len(rows) > wanted.size
    rows = rows[: wanted.size]
    if is_backward:
        rows.reverse()
    has_before = has_more if is_backward else wanted.after is not None
    has_after = has_more if not is_backward else wanted.before is not None
    width = len(order.columns)
    return Page(
        rows,
        min(sum(counts), COUNTED_MAX + 1),
        _place(rows[0], width) if rows and has_before else None,
        _place(rows[-1], width) if rows and has_after else None,
    )


def count_of(session: Session, query: Select[*tuple[Any, ...]]) -> int:
    """How many rows the query has, counted up to COUNTED_MAX and one more."""
    some = (
        query.with_only_columns(literal(1).label("one"), maintain_column_froms=True)
        .order_by(None)
        .limit(COUNTED_MAX + 1)
        .subquery()
    )
    return session.scalars(select(func.count()).select_from(some)).one()


def _count(session: Session, counted: Select[*tuple[Any, ...]] | int) -> int:
    return counted if isinstance(counted, int) else count_of(session, counted)


def _rows_beyond(
    session: Session, query: Select[*tuple[Any, ...]], order: Order, edge: str | None, most: int, count: int
) -> list[Row[*tuple[Any, ...]]]:
    found = query.order_by(None)
    if edge is not None:
        found = found.where(_beyond(order, edge))
    return _rows(session, found, order, most, count) if count else []


def _rows(
    session: Session, found: Select[*tuple[Any, ...]], order: Order, most: int, count: int
) -> list[Row[*tuple[Any, ...]]]:
    """The first ones, `most` of them. Where a list has few rows, a database that is told to stop after some of them may
    walk through millions in the list's order in the hope to meet them soon; so it is asked for the keys of all.
    """
    placed = found.add_columns(*(column.label(f"place_{number}") for number, column in enumerate(order.columns)))
    ordered = placed.order_by(*_directed(order, order.columns))
    if count > COUNTED_MAX:
        return list(session.execute(ordered.limit(most)))
    if count >= most:
        ordered = ordered.where(order.columns[-1].in_(_first_keys(session, found, order, most)))
    return list(session.execute(ordered))[:most]


def _first_keys(session: Session, found: Select[*tuple[Any, ...]], order: Order, most: int) -> list[Any]:
    labels: list[Any] = [column.label(f"place_{number}") for number, column in enumerate(order.columns)]
    keys = found.with_only_columns(*labels, maintain_column_froms=True).cte("keys")
    keys = keys.prefix_with("MATERIALIZED", dialect="postgresql")
    *_, key = columns = tuple(keys.c)
    query = select(key).order_by(*_directed(order, columns)).limit(most)
    return list(session.scalars(query))


def _directed(order: Order, columns: tuple[SQLColumnExpression[Any], ...]) -> list[ColumnElement[Any]]:
    return [column.desc() if order.descending else column.asc() for column in columns]


def _beyond(order: Order, place: str) -> ColumnElement[bool]:
    values = _values(place, len(order.columns))
    here: Any = order.columns[0] if len(values) == 1 else tuple_(*order.columns)
    edge: Any = values[0] if len(values) == 1 else tuple(values)
    beyond: ColumnElement[bool] = here < edge if order.descending else here > edge
    return beyond


def _place(row: Row[*tuple[Any, ...]], width: int) -> str:
    values = [value.isoformat() if isinstance(value, datetime) else value for value in row[-width:]]
    marks = "".join("t" if isinstance(value, datetime) else "v" for value in row[-width:])
    return urlsafe_b64encode(json.dumps([marks, *values]).encode()).decode().rstrip("=")


def _values(place: str, width: int) -> list[Any]:
    """What stood in the address bar may be anything."""
    try:
        if len(place) > PLACE_CHARACTERS_MAX:
            raise ValueError("too long")  # noqa: TRY301 (told together with what else is wrong)
        marks, *values = json.loads(urlsafe_b64decode(place + "=" * (-len(place) % 4)))
        read = [
            datetime.fromisoformat(value) if mark == "t" else value for mark, value in zip(marks, values, strict=True)
        ]
    except (ValueError, TypeError) as wrong:
        raise PlaceRefused("This page of the list does not exist: go back to its beginning.") from wrong
    if len(read) != width or not all(isinstance(value, int | str | datetime) for value in read):
        raise PlaceRefused("This page of the list does not exist: go back to its beginning.")
    return read
