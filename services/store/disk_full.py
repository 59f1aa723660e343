"""Tell a disk that is full, or that takes no writes, from a database that is away."""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError

_SQLITE: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY})
_SQLITE_PRIMARY_CODE: Final = 0xFF
_POSTGRESQL: Final = frozenset({"53100", "58030"})  # disk full; an error of the disk


def is_disk_full(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & _SQLITE_PRIMARY_CODE in _SQLITE
    return getattr(error.orig, "sqlstate", None) in _POSTGRESQL
