"""callingcard doctor, where the database is: which host of PostgreSQL answers and is writable, or SQLite's file."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from command_line.symptom import Symptom
from models.database_url import parse_database_url
from services.store.database_hosts import HostRole, HostState, host_states
from services.store.settings import Settings

WHAT: Final = "place of the database"
BYTES_FREE_MIN: Final = 200_000_000  # calls are a kilobyte each; a backup beside the file needs its size again
BYTES_A_MB: Final = 1_000_000
RUNBOOK: Final = "docs/production.md, A failover"


def look_at_hosts(wanted: Settings) -> Symptom:
    url = parse_database_url(wanted.database_url_or_default)
    if url.get_backend_name() == "sqlite":
        return _file(Path(str(url.database)))
    states = host_states(url, wanted.database_connect_seconds)
    told = "; ".join(map(str, states))
    return Symptom(WHAT, told + _beyond(states), _cure(states))


def _cure(states: list[HostState]) -> str:
    """Of the worst thing only: what is below it may be its consequence."""
    primaries = [state for state in states if state.is_primary]
    away = [str(state.host) for state in states if state.role is HostRole.AWAY]
    if len(primaries) > 1:
        return f"Two primaries: money may be written on both. Stop the older one at once ({RUNBOOK})"
    if not primaries:
        standby = next((str(state.host) for state in states if state.role is HostRole.STANDBY), None)
        return f"Start the primary, or promote {standby} ({RUNBOOK})" if standby else "Start it"
    if not primaries[0].keeps_commits:
        return f"Set fsync = on and synchronous_commit = on on {primaries[0].host}: a power cut would lose calls"
    if away:
        return f"Start {', '.join(away)}: as long as it is away, one more death stops the platform"
    if len(states) > 1 and not primaries[0].waits_for_standby:
        return f"Set synchronous_standby_names on {primaries[0].host}: else a failover loses what was just charged"
    return ""


def _beyond(states: list[HostState]) -> str:
    if len(states) > 1 and any(state.is_primary and state.waits_for_standby for state in states):
        return "; commits wait for a standby"
    return ""


def _file(file: Path) -> Symptom:
    if not file.exists():
        return Symptom(WHAT, f"{file} is not there", "callingcard init")
    free = shutil.disk_usage(file.parent).free
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            journal = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    except sqlite3.DatabaseError as broken:
        return Symptom(WHAT, f"{file}: {broken}", "Put the last backup into its place: callingcard restore FILE")
    told = f"SQLite, journal {journal}, {free // BYTES_A_MB} MB free beside it"
    if journal != "wal":
        return Symptom(WHAT, told, "Put the file on a local disk: write-ahead logging does not work on this one")
    if free < BYTES_FREE_MIN:
        return Symptom(WHAT, told, f"Make room on the disk of {file.parent}: a full one takes no more calls")
    return Symptom(WHAT, told)
