"""The database's own clock as an SQL expression: leases and locks are judged by it alone, since the clocks of two
machines may differ.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from models.base import UtcDateTime


class DatabaseClock(FunctionElement[datetime]):
    """The moment at which the statement runs, or so many seconds before it."""

    type = UtcDateTime()
    inherit_cache = True
    name = "database_clock"

    def __init__(self, ago_seconds: int = 0) -> None:
        super().__init__(literal(ago_seconds, Integer()))


@compiles(DatabaseClock, "sqlite")
def _on_sqlite(element: DatabaseClock, compiler: Any, **how: Any) -> str:  # noqa: ANN401 (SQLAlchemy's own)
    """SQLite's moments are texts: this is how they are stored."""
    ago = compiler.process(element.clauses, **how)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', (-({ago})) || ' seconds')"


@compiles(DatabaseClock, "postgresql")
def _on_postgresql(element: DatabaseClock, compiler: Any, **how: Any) -> str:  # noqa: ANN401 (SQLAlchemy's own)
    ago = compiler.process(element.clauses, **how)
    return f"(clock_timestamp() - make_interval(secs => ({ago})))"
