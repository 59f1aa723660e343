"""INSERT that skips a row whose key is taken, in the words of each database."""

from typing import Any

from sqlalchemy import Executable, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import Base


def insert_or_skip(session: Session, table: type[Base], **values: Any) -> bool:  # noqa: ANN401 (column values)
    """True if the row is new; False if some unique key was taken, and then nothing has changed.

    On PostgreSQL it waits for another transaction that is inserting the same key.
    """
    key = inspect(table).primary_key[0]
    statement: Executable
    if session.get_bind().dialect.name == "sqlite":
        statement = sqlite.insert(table).values(values).on_conflict_do_nothing().returning(key)
    else:
        statement = postgresql.insert(table).values(values).on_conflict_do_nothing().returning(key)
    return session.execute(statement).one_or_none() is not None
