"""INSERT that skips or changes a row whose key is taken, in the words of each database."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, Row, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import Base
from services.store.run import run


def insert_or_skip(session: Session, table: type[Base], **values: Any) -> bool:  # noqa: ANN401 (column values)
    """True if the row is new; False if some unique key was taken, and then nothing has changed.

    On PostgreSQL it waits for another transaction that is inserting the same key.
    """
    return run(session, _insert(table, session.get_bind().dialect.name), values).one_or_none() is not None


@cache
def _insert(table: type[Base], database: str) -> Executable:
    key = inspect(table).primary_key[0]
    if database == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing().returning(key)
    return postgresql.insert(table).on_conflict_do_nothing().returning(key)


def insert_rows_or_skip(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Add those rows whose key is free; the others stay as they are."""
    run(session, _dialect(session).insert(table).values(rows).on_conflict_do_nothing())


def upsert(
    session: Session,
    table: type[Base],
    row: Mapping[str, Any],
    changes: Mapping[str, Any],
    *,
    where: ColumnElement[bool] | None,
    returning: Sequence[Any],
) -> Row[*tuple[Any, ...]] | None:
    """Add the row, or make the changes to the one that has its primary key if `where` holds for that; None if it does
    not. Two at once come one after the other, so that counts are exact.
    """
    key = list(inspect(table).primary_key)
    statement = _dialect(session).insert(table).values(row)
    statement = statement.on_conflict_do_update(index_elements=key, set_=dict(changes), where=where)
    return run(session, statement.returning(*returning)).one_or_none()


def _dialect(session: Session) -> Any:  # noqa: ANN401 (the module of either database)
    return sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
