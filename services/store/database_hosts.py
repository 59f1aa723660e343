"""Ask each host of a PostgreSQL URL what it is: the primary, a standby, or away."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from models.database_url import DatabaseHost, database_hosts, only_host

_QUESTION: Final = text(
    "SELECT pg_is_in_recovery(),"
    # by the server or the database; a role that only reads says nothing of its host
    " (SELECT setting = 'on' AND source NOT IN ('user', 'database user') FROM pg_settings"
    " WHERE name = 'default_transaction_read_only'),"
    " current_setting('synchronous_standby_names') <> '', current_setting('synchronous_commit'),"
    " current_setting('fsync') = 'on'"
)


class HostRole(StrEnum):
    """What a host answers."""

    WRITABLE = "writable"
    READ_ONLY = "read only"  # a primary on which nobody writes by default
    STANDBY = "standby"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class HostState:
    """`keeps_commits` means that what it confirmed outlives its machine's power; `waits_for_standby`, its disk too."""

    host: DatabaseHost
    role: HostRole
    why: str = ""
    waits_for_standby: bool = False
    keeps_commits: bool = True

    @property
    def is_primary(self) -> bool:
        return self.role in (HostRole.WRITABLE, HostRole.READ_ONLY)

    def __str__(self) -> str:
        return f"{self.host} {self.role.value}" + (f" ({self.why})" if self.why else "")


def host_states(url: URL, connect_seconds: int) -> list[HostState]:
    """One after the other, each for itself."""
    return [_state(url, host, connect_seconds) for host in database_hosts(url)]


def _state(url: URL, host: DatabaseHost, connect_seconds: int) -> HostState:
    waits = {"connect_timeout": connect_seconds, "options": f"-c statement_timeout={connect_seconds * 1_000}"}
    engine = create_engine(only_host(url, host), poolclass=NullPool, hide_parameters=True, connect_args=waits)
    try:
        with engine.connect() as connection:
            standby, reads_only, waits_for_standby, commit, syncs = connection.execute(_QUESTION).one()
    except DBAPIError as lost:
        return HostState(host, HostRole.AWAY, _first_line(lost))
    role = HostRole.STANDBY if standby else HostRole.READ_ONLY if reads_only else HostRole.WRITABLE
    waits_for_standby = waits_for_standby and commit not in ("off", "local")
    return HostState(host, role, "", waits_for_standby, syncs and commit != "off")


def _first_line(lost: DBAPIError) -> str:
    lines = str(lost.orig).strip().splitlines()
    return lines[0].rpartition("failed: ")[2] if lines else type(lost.orig).__name__
