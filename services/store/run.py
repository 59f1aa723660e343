"""Run a statement that was built once, when its file was read; its values come by name at each call."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Executable
from sqlalchemy.orm import Session

Values = Mapping[str, Any]


def run(
    session: Session, statement: Executable, values: Values | Sequence[Values] | None = None
) -> CursorResult[*tuple[Any, ...]]:
    """In the session's transaction, but past the ORM, which loads nothing here: a statement that is built
    for the call and run by session.execute costs two to five times as much (docs/performance.md).
    """
    return session.connection().execute(statement, values)
