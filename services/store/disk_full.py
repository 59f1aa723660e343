"""Tell a disk that is full, or that takes no writes, from a database that is away."""

import shutil
import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

_SQLITE: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY})
_SQLITE_PRIMARY_CODE: Final = 0xFF
_POSTGRESQL: Final = frozenset({"53100", "58030"})  # disk full; an error of the disk
SPOOL_BYTES_MIN: Final = 1_000_000  # of a file system that gives a block to each line: some hundred calls


def is_disk_full(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & _SQLITE_PRIMARY_CODE in _SQLITE
    return getattr(error.orig, "sqlstate", None) in _POSTGRESQL


def is_spool_full(folder: Path) -> bool:
    """Settlements that find no server are written there by Asterisk, perhaps on a disk of its own."""
    return folder.is_dir() and shutil.disk_usage(folder).free < SPOOL_BYTES_MIN
