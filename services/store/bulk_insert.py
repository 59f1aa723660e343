"""Insert many rows at once by what each database is fastest at: COPY on PostgreSQL, executemany on SQLite."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice, repeat
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import Dialect, Table, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from models import Base

LINES_A_WRITE = 1_000  # the server works on these while the next ones are written
ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
ROW_REFUSED = (IntegrityError, psycopg.IntegrityError)  # COPY speaks past SQLAlchemy


def insert_columns(
    session: Session, model: type[Base], columns: Mapping[str, Sequence[Any]], same: Mapping[str, object]
) -> None:
    """One row for each place in `columns`; `same` holds what all rows share. What is in neither takes its default.

    A row that a constraint refuses raises one of ROW_REFUSED.
    """
    table = _table(model)
    shared = {**_defaults(table, columns), **same}
    if session.get_bind().dialect.name == "sqlite":
        _insert(session, table, columns, shared)
    else:
        _copy(session, table, columns, shared)


def reserve_ids(session: Session, model: type[Base], count: int) -> Sequence[int]:
    """Ids that no other row has or will get. On SQLite this transaction is the only one that writes."""
    table = _table(model)
    if session.get_bind().dialect.name == "sqlite":
        first = session.scalars(select(func.coalesce(func.max(table.c.id), 0) + 1)).one()
        return range(first, first + count)
    sequence = func.pg_get_serial_sequence(table.name, "id")
    drawn = select(func.nextval(sequence).label("id")).select_from(func.generate_series(1, count).table_valued())
    ends = drawn.subquery()
    first, last = session.execute(select(func.min(ends.c.id), func.max(ends.c.id))).one()
    if last - first + 1 == count:
        return range(first, last + 1)
    # Another transaction drew in between: which ids are ours is told one by one, by a new draw.
    return session.scalars(drawn).all()


def stored_by(dialect: Dialect, of_type: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """What turns a value into what the driver stores: SQLite's moments are texts of one length, so that they compare.
    A type of our own knows it only by its form for that database.
    """
    processor: Callable[[Any], Any] | None = of_type.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _table(model: type[Base]) -> Table:
    return cast("Table", model.__table__)


def _defaults(table: Table, columns: Iterable[str]) -> dict[str, object]:
    chosen = set(columns)
    return {
        column.name: column.default.arg  # type: ignore[attr-defined]  # a scalar default has it
        for column in table.columns
        if column.name not in chosen and column.default is not None and column.default.is_scalar
    }


def _insert(session: Session, table: Table, columns: Mapping[str, Sequence[Any]], shared: Mapping[str, object]) -> None:
    dialect = session.get_bind().dialect
    values: list[Iterable[Any]] = []
    names = [column.name for column in table.columns if column.name in columns or column.name in shared]
    for name in names:
        if name in columns:
            values.append(columns[name])
        else:
            stored = stored_by(dialect, table.c[name].type)
            values.append(repeat(stored(shared[name]) if stored else shared[name]))
    statement = insert(table).compile(dialect=dialect, column_keys=names)
    session.connection().exec_driver_sql(str(statement), list(zip(*values, strict=False)))  # repeat() never ends


def _copy(session: Session, table: Table, columns: Mapping[str, Sequence[Any]], shared: Mapping[str, object]) -> None:
    texts: list[Iterable[str]] = [_texts(values) for values in columns.values()]
    texts += [repeat(_text(value)) for value in shared.values()]
    lines = map("\t".join, zip(*texts, strict=False))  # repeat() never ends
    names = sql.SQL(", ").join(map(sql.Identifier, [*columns, *shared]))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
    driver = cast("psycopg.Connection", session.connection().connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        while some := list(islice(lines, LINES_A_WRITE)):
            copy.write("\n".join(some) + "\n")


def _texts(values: Sequence[Any]) -> Iterable[str]:
    """A column in the words of COPY; all its values are of one type."""
    if values and isinstance(values[0], bytes):
        return (rf"\\x{value.hex()}" for value in values)
    return map(str, values) if values and isinstance(values[0], int) else map(_text, values)


def _text(value: object) -> str:
    match value:
        case None:
            return r"\N"
        case bool():
            return "t" if value else "f"
        case datetime():
            return value.isoformat()
        case _:
            return str(value).translate(ESCAPED)
