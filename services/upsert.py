"""INSERT that skips a row whose key is taken, in the words of each database."""

from functools import cache
from typing import Any

from sqlalchemy import Executable, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import Base
from services.run import run


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
