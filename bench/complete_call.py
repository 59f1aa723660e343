"""A complete card call on SQLite and on PostgreSQL: CPU, calls a second, latency of each step, and the floor beside it.

Run: python -m bench.complete_call [rounds]. About a minute and a half with five rounds.

The load driver of simulator/ plays Asterisk: it keys number, PIN and destination, lets a carrier answer, talks for a
minute, hangs up, and lets the hangup handler settle. So each call is two AGI sessions over TCP, and: identify, quote,
authorise, settle, call record. The server is `python -m fastagi` as it is run, its log in a file. Server and driver
have a core each; PostgreSQL runs where it finds room. The databases take turns, with a checkpoint before each round.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import uvloop

from bench import raw_call
from bench.goals import Goal, show_goals, show_table
from bench.machine import PostgresqlCpu, Server, cores, fresh_databases, keep_on, keep_result, new_keys, postgresql
from bench.recorded_call import script
from bench.world import World, fill
from models.database import make_engine
from simulator.load import load
from simulator.load_plan import LoadPlan, LoadReport, waits_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.keys.pin_keys import PinKeys

ROUNDS = 5
CALLS_A_ROUND = 600  # more than a second of the server's CPU
WARM_UP_CALLS = 200
AT_ONCE = 16
AT_ONCE_AT_HALF_LOAD = 3
FLOOR_ROUNDS = 5
A2BILLING_CPU_MS = 54.0  # of its PHP, in another measurement: only the order of magnitude compares
MEDIANS = ("server_ms", "database_ms", "driver_ms", "calls_per_second")
QUANTILES = ("p50_ms", "p95_ms", "p99_ms", "max_ms")


@dataclass
class Side:
    """One database with its own server; figures in ms of CPU a call, one for each round."""

    name: str
    url: str
    server: Server
    world: World
    database_cpu: Callable[[], float]
    server_ms: list[float] = field(default_factory=list)
    database_ms: list[float] = field(default_factory=list)
    driver_ms: list[float] = field(default_factory=list)
    calls_per_second: list[float] = field(default_factory=list)
    waits: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    calls: list[float] = field(default_factory=list)

    def run(self, calls: int, at_once: int) -> LoadReport:
        pairs = zip(self.world.cards, self.world.destinations, strict=True)
        scripts = [script(card, destination) for card, destination in pairs]
        report = uvloop.run(load(LoadPlan(("127.0.0.1", self.server.port), scripts, calls, at_once)))
        assert not report.failed, report.as_json()
        return report

    def round(self) -> None:
        self._checkpoint()
        server, database = self.server.cpu_seconds, self.database_cpu()
        report = self.run(CALLS_A_ROUND, AT_ONCE)
        self.server_ms.append((self.server.cpu_seconds - server) / CALLS_A_ROUND * 1e3)
        self.database_ms.append((self.database_cpu() - database) / CALLS_A_ROUND * 1e3)
        self.driver_ms.append(report.own_cpu_seconds / CALLS_A_ROUND * 1e3)
        self.calls_per_second.append(report.calls_per_second)
        for step, seconds in report.waits.items():
            self.waits[step] += seconds
        self.calls += report.call_seconds

    def _checkpoint(self) -> None:
        self.administer("CHECKPOINT" if self.name == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)")

    def administer(self, statement: str) -> None:
        """Outside of any transaction."""
        engine = make_engine(self.url, pool_size=1)
        connection = engine.raw_connection()
        if self.name == "postgresql":
            connection.driver_connection.autocommit = True
        connection.cursor().execute(statement)
        connection.close()
        engine.dispose()


def main(rounds: int) -> None:
    server_core, driver_core = cores()
    with tempfile.TemporaryDirectory() as name, postgresql() as cluster:
        folder = Path(name)
        keys = new_keys(folder)
        urls = fresh_databases(folder, cluster)
        floor_url = cluster.create_database(urls["postgresql"].rsplit("/", 1)[1])
        floor = raw_call.measure(floor_url, keys, fill(floor_url, keys), FLOOR_ROUNDS)
        cpu = {"sqlite": lambda: 0.0, "postgresql": PostgresqlCpu(cluster)}
        keep_on(driver_core)
        sides = [_side(kind, url, folder, keys, cpu[kind], server_core) for kind, url in urls.items()]
        try:
            for number in range(rounds):
                for side in sides:
                    side.round()
                    _tell_round(number + 1, side)
            quiet = {side.name: side.run(CALLS_A_ROUND // 2, AT_ONCE_AT_HALF_LOAD) for side in sides}
            for side in sides:
                raw_call.prove(side.url)
        finally:
            for side in sides:
                side.server.end()
    report(sides, quiet, floor)


def _side(kind: str, url: str, folder: Path, keys: PinKeys, cpu: Callable[[], float], core: int) -> Side:
    world = fill(url, keys)
    side = Side(kind, url, Server(folder, kind, url, core), world, cpu)
    side.administer("VACUUM ANALYZE" if kind == "postgresql" else "ANALYZE")
    side.run(WARM_UP_CALLS, AT_ONCE)
    return side


def _tell_round(number: int, side: Side) -> None:
    print(
        f"{number}  {side.name:10} server {side.server_ms[-1]:5.2f} ms  database {side.database_ms[-1]:5.2f} ms  "
        f"driver {side.driver_ms[-1]:5.2f} ms  {side.calls_per_second[-1]:5.0f} calls/s  load {os.getloadavg()[0]:.2f}"
    )


def report(sides: list[Side], quiet: dict[str, LoadReport], floor: dict[str, float]) -> None:
    middle = {side.name: {name: median(getattr(side, name)) for name in MEDIANS} for side in sides}
    rows = [(side.name, *(f"{middle[side.name][name]:.2f}" for name in MEDIANS)) for side in sides]
    columns = ("median of a call", "server ms", "database ms", "driver ms", "calls/s")
    show_table("CPU of a complete call", columns, rows)
    for side in sides:
        show_waits(f"{side.name}: the server's answer to each step, {AT_ONCE} calls at once", side.waits)
    us = {name: round(floor[name]) for name in ("raw", "services")}
    print(f"database part, client CPU: use cases {us['services']} us, raw psycopg {us['raw']} us")
    goals = _goals(middle, quiet["postgresql"], floor)
    missed = show_goals(goals)
    figures = {goal.operation: round(goal.measured, 3) for goal in goals}
    keep_result("complete_call", {"median": middle, "floor": floor, "goals": figures, "missed": missed})


def _goals(middle: dict[str, dict[str, float]], quiet: LoadReport, floor: dict[str, float]) -> list[Goal]:
    ours = middle["postgresql"]
    p99 = max(waits_of(seconds)["p99_ms"] for seconds in quiet.waits.values())
    return [
        Goal("our CPU on PostgreSQL", ours["server_ms"], 2.5, "ms"),
        Goal("our CPU on SQLite", middle["sqlite"]["server_ms"], 2.5, "ms"),
        Goal("A2Billing's CPU / ours", A2BILLING_CPU_MS / ours["server_ms"], 20, at_least=True),
        Goal("database part / raw psycopg", floor["ratio"], 2.0),
        Goal("transactions", floor["transactions"], 3),
        Goal("statements", floor["statements"], 8),
        Goal("calls a second on PostgreSQL", ours["calls_per_second"], 400, at_least=True),
        Goal(f"worst p99 of a step, {quiet.calls_per_second:.0f} calls/s", p99, 100, "ms"),
    ]


def show_waits(title: str, waits: dict[str, list[float]]) -> None:
    rows = []
    for step, seconds in sorted(waits.items()):
        found = waits_of(seconds)
        rows.append((step, str(found["count"]), *(f"{found[name]:.2f}" for name in QUANTILES)))
    show_table(title, ("after", "count", "p50 ms", "p95 ms", "p99 ms", "max ms"), rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
