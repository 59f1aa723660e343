"""Real databases for the tests: a fresh SQLite file, and a private PostgreSQL that the test run starts and ends
itself.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.database import make_engine
from services.store.database_roles import make_roles
from services.store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.store.database_rights import Program

PROGRAMS = ("initdb", "postgres", "pg_isready", "pg_basebackup")
START_SECONDS_MAX = 60  # after a kill it first reads what it wrote ahead
HINT = "PostgreSQL's server programs are missing: apt-get install postgresql"


def programs_folder() -> Path | None:
    """Where initdb and postgres are: on PATH, or where pg_config says, or in Debian's own place."""
    candidates = [Path(found).parent for found in [shutil.which("postgres")] if found]
    if shutil.which("pg_config"):
        named = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        candidates.append(Path(named.stdout.strip()))
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in candidates if all((folder / name).exists() for name in PROGRAMS)), None)


class Cluster:
    """One PostgreSQL server on a free loopback port. As root it runs as the user postgres: the server refuses root.
    What is not durable would be lost with the machine's power, not with a killed process.
    """

    def __init__(self, programs: Path, *, is_durable: bool = True) -> None:
        self.programs = programs
        self.is_durable = is_durable
        self.folder = Path(tempfile.mkdtemp(prefix="callingcard-pg-"))
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.user:
            shutil.chown(self.folder, "postgres")
        self.port = free_port()
        self.server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        data = self.folder / "data"
        if not data.exists():
            options = ["-D", str(data), "-U", "callingcard", "-A", "trust", "-E", "UTF8", "--locale=C"]
            self._run([str(self.programs / "initdb"), *options])
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder}
        settings |= {
            "max_connections": 300,
            "fsync": "on" if self.is_durable else "off",
            "shared_buffers": "128MB",
            "max_wal_size": "1GB",
        }
        arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.server = subprocess.Popen(
                [*self.user, str(self.programs / "postgres"), "-D", str(data), *arguments], stdout=log, stderr=log
            )
        ready = [str(self.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "1"]
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self.server.poll() is None:
            if subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.02)
        raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2000:])

    def stop(self) -> None:
        if self.server is not None:
            self._signal(signal.SIGINT)
            self.server.wait(30)

    def kill(self) -> None:
        """kill -9 of the postmaster and of all its children, as a power loss would."""
        assert self.server is not None
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for process in (postmaster, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.server.wait(30)
        self.server = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def standby(self) -> Cluster:
        """A second server that follows this one; from here on a commit is confirmed when both have it."""
        second = Cluster(self.programs)
        second.follow(self)
        return second

    def follow(self, primary: Cluster) -> None:
        """From a fresh copy, whatever stood here before: what a dead primary had alone must not come back."""
        data = str(self.folder / "data")
        self._run(["rm", "-rf", data])
        source = f"host=127.0.0.1 port={primary.port} user=callingcard application_name=second"
        options = ["-D", data, "-d", source, "-R", "--checkpoint=fast", "--wal-method=stream"]
        self._run([str(self.programs / "pg_basebackup"), *options])
        self.start()
        primary.wait_for_standby("second")

    def wait_for_standby(self, name: str) -> None:
        """Empty: for none, as the runbook says when the last standby is gone."""
        self._sql(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        self._sql("SELECT pg_reload_conf()")
        deadline = time.monotonic() + START_SECONDS_MAX
        while name and self.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "0":
            if time.monotonic() > deadline:
                raise RuntimeError("the standby does not follow")
            time.sleep(0.05)

    def promote(self) -> None:
        """The operator's acts of docs/production.md: it has no standby of its own now, and must not wait for one."""
        self._sql("ALTER SYSTEM RESET synchronous_standby_names")
        assert self.ask("SELECT pg_promote()") == "True"
        self._sql("SELECT pg_reload_conf()")

    def ask(self, question: str) -> str:
        engine = make_engine(self.url(), pool_size=1)
        try:
            with engine.connect() as connection:
                return str(connection.scalar(text(question)))
        finally:
            engine.dispose()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://callingcard@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str | None = None) -> str:
        """The URL of a new database, a copy of `template` if given."""
        name = f"test_{secrets.token_hex(6)}"
        self._sql(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        return self.url(name)

    def drop_database(self, url: str) -> None:
        self._sql(f"DROP DATABASE {url.rsplit('/', 1)[1]} WITH (FORCE)")

    def _signal(self, number: int) -> None:
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, number)

    def _sql(self, statement: str) -> None:
        engine = make_engine(self.url(), pool_size=1).execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def _run(self, command: list[str]) -> None:
        subprocess.run([*self.user, *command], check=True, capture_output=True, cwd=self.folder)


def url_of_both(first: Cluster, second: Cluster, url: str) -> str:
    """The URL of a database on the first, as the one of both."""
    hosts = f"127.0.0.1:{first.port},127.0.0.1:{second.port}"
    return url.replace(f"127.0.0.1:{first.port}", hosts)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def migrated(url: str) -> str:
    engine = make_engine(url, pool_size=1)
    upgrade(engine)
    engine.dispose()
    return url


def with_roles(url: str) -> str:
    """The database with the roles of its programs, and their rights; a copy of it has the rights too."""
    engine = make_engine(url, pool_size=1)
    with Session(engine) as session, session.begin():
        make_roles(session, with_passwords=False)
    engine.dispose()
    return url


def as_role(url: str, program: Program) -> str:
    """The URL by which this program connects; SQLite has no roles."""
    return url.replace("//callingcard@", f"//callingcard_{program.value}@")


class SqliteDatabases:
    """Fresh files, each a copy of one that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template.sqlite"
        migrated(f"sqlite:///{self.template}")

    def create(self) -> str:
        file = self.folder / f"{secrets.token_hex(6)}.sqlite"
        shutil.copy(self.template, file)
        return f"sqlite:///{file}"

    def drop(self, url: str) -> None:
        for file in self.folder.glob(Path(url.removeprefix("sqlite:///")).name + "*"):
            file.unlink()


def started_cluster(*, is_durable: bool = True) -> Iterator[Cluster]:
    """For a session fixture."""
    programs = programs_folder()
    if programs is None:
        raise RuntimeError(HINT)
    cluster = Cluster(programs, is_durable=is_durable)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()
