"""A limit of time for what a page waits for: beyond it the statement ends, and the page says what to ask instead."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from services.reports.report_terms import ReportRefused

PAGE_MILLISECONDS_MAX: Final = 20_000
CANCELLED: Final = "57014"  # PostgreSQL's query_canceled


@contextmanager
def bounded(session: Session, milliseconds: int = PAGE_MILLISECONDS_MAX) -> Iterator[None]:
    """On PostgreSQL; the transaction goes on, since a savepoint takes the cancelled statement back. SQLite's file has
    one machine's calls and no clock for a statement.
    """
    if session.get_bind().dialect.name != "postgresql":
        yield
        return
    try:
        with session.begin_nested():
            session.execute(text(f"SET LOCAL statement_timeout = {int(milliseconds)}"))
            yield
            session.execute(text("SET LOCAL statement_timeout = 0"))
    except OperationalError as ended:
        if getattr(ended.orig, "sqlstate", None) != CANCELLED:
            raise
        raise ReportRefused(
            f"These days took more than {milliseconds // 1_000} seconds to sum: choose fewer days, or use callingcard "
            "calls report."
        ) from ended
