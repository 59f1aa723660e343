"""What the benches share: CPU of processes from /proc, the server as a process of its own, and the file of results."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from services.keys.pin_keys import PinKeys, create_pin_keys
from tests.databases import Cluster, free_port, migrated, programs_folder

RESULTS = Path(__file__).parent / "results.jsonl"
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
START_SECONDS_MAX = 20.0


def cores() -> tuple[int, int]:
    """One for the server, one for the driver; the same one twice where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def keep_on(core: int) -> None:
    """This process from now on; what it starts later, too, until told otherwise."""
    os.sched_setaffinity(0, {core})


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def family_cpu_seconds(pid: int) -> float:
    """The same with its children, also those that have ended: PostgreSQL is a process for each connection."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ended = (int(fields[13]) + int(fields[14])) / TICKS_PER_SECOND
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    try:
        return cpu_seconds(pid) + ended + sum(cpu_seconds(int(child)) for child in children)
    except FileNotFoundError:  # one ended meanwhile, and is counted with the ended ones now
        return family_cpu_seconds(pid)


def memory_mb() -> int:
    """The highest of this process; getrusage would count the one that started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


class PostgresqlCpu:
    """PostgreSQL's CPU seconds, found by the postmaster's own file."""

    def __init__(self, cluster: Cluster) -> None:
        self.pid = int((cluster.folder / "data" / "postmaster.pid").read_text().split()[0])

    def __call__(self) -> float:
        return family_cpu_seconds(self.pid)


@contextmanager
def postgresql() -> Iterator[Cluster]:
    programs = programs_folder()
    assert programs is not None, "PostgreSQL's server programs are missing: apt-get install postgresql"
    cluster = Cluster(programs)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


def fresh_databases(folder: Path, cluster: Cluster) -> dict[str, str]:
    """URLs of an empty, migrated database of each kind."""
    sqlite = migrated(f"sqlite:///{folder / 'bench.sqlite'}")
    return {"sqlite": sqlite, "postgresql": migrated(cluster.create_database())}


def new_keys(folder: Path) -> PinKeys:
    return create_pin_keys(folder / "keys.json")


class Server:
    """`python -m fastagi` on a core of its own, its log in a file."""

    def __init__(self, folder: Path, name: str, url: str, core: int) -> None:
        self.port = free_port()
        settings = {"STATE_DIR": str(folder), "DATABASE_URL": url, "FASTAGI_PORT": str(self.port), "SPOOL_DIR": ""}
        environment = os.environ | {f"CALLINGCARD_{setting}": value for setting, value in settings.items() if value}
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "fastagi"], env=environment, stdout=log, stderr=log)
        os.sched_setaffinity(self.process.pid, {core})
        self._wait()

    @property
    def cpu_seconds(self) -> float:
        return cpu_seconds(self.process.pid)

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < until and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(self.log.read_text())


def keep_result(bench: str, figures: Mapping[str, object]) -> None:
    """One JSON line a run."""
    head = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "bench": bench, "load": os.getloadavg()[0]}
    with RESULTS.open("a") as file:
        file.write(json.dumps(head | dict(figures)) + "\n")
