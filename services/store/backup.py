"""Copy the database while calls go on, and put a copy back: SQLite by its own online backup, PostgreSQL by its own
programs.
"""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL

from models.database_url import libpq_url, parse_database_url
from services.store.child_environment import outside_environment

SQLITE_PAGES_A_STEP = 1_000  # about 4 MB: writers get their turn between two steps
PROGRAM_SECONDS_MAX = 4 * 3_600
SQLITE_HEAD = b"SQLite format 3\0"
PG_DUMP_HEAD = b"PGDMP"


class BackupFailed(Exception):
    """The copy is not there, or not whole; the sentence says why, and nothing was overwritten."""


def back_up(url: str, target: Path) -> None:
    """One moment of the database, whole or not at all: written beside the target, checked, and then renamed."""
    if target.exists():
        raise BackupFailed(f"{target} exists already: choose another name")
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)  # it holds what callers called
    try:
        _copy(parse_database_url(url), draft)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)


def restore(url: str, source: Path) -> None:
    """Into a database that is not there yet (SQLite) or is empty (PostgreSQL): what is in use is never overwritten."""
    parsed = parse_database_url(url)
    head = _head(source)
    if parsed.get_backend_name() == "sqlite":
        if not head.startswith(SQLITE_HEAD):
            raise BackupFailed(f"{source} is no backup of a SQLite database")
        file = Path(str(parsed.database))
        if file.exists():
            raise BackupFailed(f"{file} exists: move it away first, with {file.name}-wal and {file.name}-shm")
        back_up(f"sqlite:///{source}", file)
        return
    if not head.startswith(PG_DUMP_HEAD):
        raise BackupFailed(f"{source} is no backup of a PostgreSQL database")
    command = ["pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    _run(parsed, [*command, "-d", libpq_url(parsed)], source)


def _copy(url: URL, draft: Path) -> None:
    if url.get_backend_name() == "sqlite":
        _copy_sqlite(Path(str(url.database)), draft)
    else:
        _run(url, ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", "-f", str(draft), libpq_url(url)])


def _copy_sqlite(source: Path, draft: Path) -> None:
    """Pages that change meanwhile are copied again by SQLite itself."""
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as live,
            closing(sqlite3.connect(draft)) as copy,
        ):
            live.backup(copy, pages=SQLITE_PAGES_A_STEP)
            told = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as failed:
        raise BackupFailed(f"{source} cannot be copied: {failed}") from failed
    if told != "ok":
        raise BackupFailed(f"the copy of {source} is damaged: {told}")


def _run(url: URL, command: list[str], *files: Path) -> None:
    """The password goes by the environment: a command line can be read by everyone on the machine."""
    environment = outside_environment(**({"PGPASSWORD": str(url.password)} if url.password else {}))
    try:
        done = subprocess.run(
            [*command, *map(str, files)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PROGRAM_SECONDS_MAX,
            check=False,
        )
    except FileNotFoundError as missing:
        raise BackupFailed(f"{command[0]} is not installed. As root: apt-get install postgresql-client") from missing
    if done.returncode:
        raise BackupFailed(f"{command[0]} failed: {done.stderr.strip().splitlines()[-1] if done.stderr else '?'}")


def _head(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            return file.read(len(SQLITE_HEAD))
    except OSError as unreadable:
        raise BackupFailed(f"{source} cannot be read: {unreadable.strerror}") from unreadable
