"""Which database errors pass by themselves, so that a use case that is idempotent by its key is tried again."""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError

# PostgreSQL: deadlock, serialization failure, lock not available; shutdown, crash, starting up; too many connections.
# 25006: read only for a moment, while a standby takes over.
_SQLSTATES_TO_REPEAT: Final = frozenset({"40P01", "40001", "55P03", "57P01", "57P02", "57P03", "53300", "25006"})
_SQLSTATE_CLASS_CONNECTION: Final = "08"
_SQLITE_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE_PRIMARY_CODE: Final = 0xFF  # the rest of SQLite's number is detail


def is_transient(error: DBAPIError) -> bool:
    """Tell a deadlock, a lost or refused connection and a busy SQLite writer from what would fail again."""
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & _SQLITE_PRIMARY_CODE in _SQLITE_BUSY
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate is None:  # psycopg: the server did not say anything, so there was none
        return isinstance(error, OperationalError)
    return sqlstate in _SQLSTATES_TO_REPEAT or sqlstate.startswith(_SQLSTATE_CLASS_CONNECTION)
