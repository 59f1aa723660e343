"""All the rows of a list, read as they are needed, so that none of them fills the memory."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, Select, func, literal, select
from sqlalchemy.orm import Session

from services.store.keyset import Order

ROWS_A_ROUND = 2_000


def row_count(session: Session, query: Select[*tuple[Any, ...]], most: int) -> int:
    """How many rows the query has, counted up to `most` and one more."""
    some = (
        query.with_only_columns(literal(1).label("one"), maintain_column_froms=True)
        .order_by(None)
        .limit(most + 1)
        .subquery()
    )
    return session.scalars(select(func.count()).select_from(some)).one()


def every_row(
    session: Session, query: Select[*tuple[Any, ...]], order: Order, most: int
) -> Iterator[Row[*tuple[Any, ...]]]:
    """In the order of the list, at most so many."""
    ordered = [column.desc() if order.descending else column.asc() for column in order.columns]
    all_rows = query.order_by(None).order_by(*ordered).limit(most).execution_options(yield_per=ROWS_A_ROUND)
    for rows in session.execute(all_rows).partitions():
        yield from rows
