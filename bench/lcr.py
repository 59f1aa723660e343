"""Least-cost look-ups among 20 carriers: the deck in memory beside the statement, and what a reload costs the calls.

Run: python -m bench.lcr [rates on PostgreSQL] [rates on SQLite]. Two million take some five minutes.

    look-up  the rates that hold in the tables of 20 carriers, by deck and statement in turn; wall time, since the
             statement's is spent in the database too; `call` is all of find_rates: plan, rules and candidates with them
    load     every table; memory is that of the loading process, of which some 90 MB are Python and its libraries
    reload   every table marked as changed while a server takes calls: the waits of the calls then and before
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import uvloop
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bench.deck_world import add_rates
from bench.goals import Goal, show_goals
from bench.machine import Server, cores, fresh_databases, keep_on, keep_result, memory_mb, new_keys, postgresql
from bench.recorded_call import script
from bench.world import World, fill
from models import RateTable
from models.database import make_engine, make_read_engine
from services.keys.pin_keys import PinKeys
from services.routing.deck import EMPTY, DeckSource, load_deck
from services.routing.deck_revision import touch_deck
from services.routing.rate_statement import RATE_STATEMENT
from services.routing.rates import SaleTerms, find_rates
from simulator.load import load
from simulator.load_plan import LoadPlan, LoadReport, waits_of

if TYPE_CHECKING:
    from services.routing.rate_source import RateSource

RATES = 2_000_000
ROUNDS = 9
LOOKUPS = {"deck": 1_000, "statement": 150}
AT_ONCE = 3
CALLS = 300
LOADED_SECONDS_MAX = 120.0


def main() -> None:
    if len(sys.argv) == 4 and sys.argv[1] == "look-ups":
        print(json.dumps(_look_ups(sys.argv[2], json.loads(Path(sys.argv[3]).read_text()))))
        return
    wanted = [int(word) for word in sys.argv[1:3]] or [RATES]
    sizes = {"postgresql": wanted[0], "sqlite": wanted[-1]}
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        keys = new_keys(Path(folder))
        for name, url in fresh_databases(Path(folder), cluster).items():
            figures[name] = _measured(Path(folder), keys, name, url, sizes[name])
            print(name, json.dumps(figures[name]))
    missed = [f"{name}: {goal}" for name in sizes for goal in show_goals(_goals(name, figures[name]))]
    keep_result("lcr", {**figures, "missed": missed})


def _measured(folder: Path, keys: PinKeys, name: str, url: str, rates: int) -> dict[str, Any]:
    world = fill(url, keys)
    sale, numbers = add_rates(url, rates)
    _settle_down(url)
    asked = folder / "asked.json"
    asked.write_text(json.dumps({"sale": sale, "numbers": numbers}))
    command = [sys.executable, "-m", "bench.lcr", "look-ups", url, str(asked)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {**json.loads(out), **_reload(folder, name, url, world)}


def _settle_down(url: str) -> None:
    engine = make_engine(url, pool_size=1).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE"))
    engine.dispose()


def _look_ups(url: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """In a process of its own, so that its memory is its own."""
    now = datetime.now(UTC)
    engine = make_read_engine(url)
    before_mb, begun, cpu = memory_mb(), time.perf_counter(), time.process_time()
    with Session(engine) as session:
        deck = load_deck(session, EMPTY, now)
    load_seconds, load_cpu_seconds = time.perf_counter() - begun, time.process_time() - cpu
    loaded_mb = memory_mb()
    sides: dict[str, RateSource] = {"deck": DeckSource(deck), "statement": RATE_STATEMENT}
    sale = SaleTerms(*asked["sale"])
    tables = {sale.rate_table_id, *(carrier.rate_table_id for carrier in deck.plans[sale.routing_plan_id].carriers)}
    micros: dict[str, list[float]] = {f"{name}{what}": [] for name in sides for what in ("", "_call")}
    numbers = cycle(asked["numbers"])
    with Session(engine) as session:
        for _ in range(ROUNDS):
            for name, source in sides.items():
                some = [next(numbers) for _ in range(LOOKUPS[name])]
                begun = time.perf_counter()
                for number in some:
                    source.rates_that_hold(session, tables, number, now, UTC)
                between = time.perf_counter()
                for number in some:
                    find_rates(session, sale, number, now, UTC, source)
                micros[name].append((between - begun) / len(some) * 1e6)
                micros[f"{name}_call"].append((time.perf_counter() - between) / len(some) * 1e6)
    middle = {f"{name}_us": round(median(found), 1) for name, found in micros.items()}
    return {
        "rates": deck.rates,
        "load_seconds": round(load_seconds, 2),
        "load_cpu_seconds": round(load_cpu_seconds, 2),
        "memory_before_mb": before_mb,
        "memory_mb": loaded_mb,
        **middle,
        "of_statement": round(middle["deck_us"] / middle["statement_us"], 4),
        "of_statement_call": round(middle["deck_call_us"] / middle["statement_call_us"], 4),
    }


def _reload(folder: Path, name: str, url: str, world: World) -> dict[str, Any]:
    """Calls at a server while every table is read again, beside the same calls before."""
    server_core, driver_core = cores()
    server = Server(folder, name, url, server_core)
    keep_on(driver_core)
    try:
        os.sched_setaffinity(server.process.pid, {server_core, driver_core})
        _wait_for_loads(server, 1)
        _calls(server, world)
        quiet = _calls(server, world)
        _mark_all_tables(url)
        begun = time.perf_counter()
        busy = [_calls(server, world)]
        while _loads(server) < 2 and time.perf_counter() - begun < LOADED_SECONDS_MAX:
            busy.append(_calls(server, world))
        lines = [line for line in server.log.read_text().splitlines() if "rates loaded" in line]
        peak = Path(f"/proc/{server.process.pid}/status").read_text().split("VmHWM:")[1].split()[0]
    finally:
        server.end()
    return {
        "reload_seconds": _seconds(lines[-1]),
        "server_peak_mb": int(peak) // 1024,
        "quiet_p99_ms": _worst_p99([quiet]),
        "reload_p99_ms": _worst_p99(busy),
        "reload_max_ms": max(max(waits) * 1e3 for report in busy for waits in report.waits.values()),
    }


def _seconds(line: str) -> float:
    found = re.search(r"""seconds"?[=:]\s*([0-9.]+)""", line)
    assert found is not None, line
    return float(found[1])


def _calls(server: Server, world: World) -> LoadReport:
    scripts = [script(card, number) for card, number in zip(world.cards, world.destinations, strict=True)]
    report = uvloop.run(load(LoadPlan(("127.0.0.1", server.port), scripts, CALLS, AT_ONCE)))
    assert not report.failed, report.as_json()
    return report


def _worst_p99(reports: list[LoadReport]) -> float:
    steps = {step for report in reports for step in report.waits}
    every = {step: [wait for report in reports for wait in report.waits.get(step, [])] for step in steps}
    return max(waits_of(waits)["p99_ms"] for waits in every.values())


def _loads(server: Server) -> int:
    return server.log.read_text().count("rates loaded")


def _wait_for_loads(server: Server, loads: int) -> None:
    until = time.monotonic() + LOADED_SECONDS_MAX
    while _loads(server) < loads:
        assert time.monotonic() < until, server.log.read_text()[-2000:]
        time.sleep(0.1)


def _mark_all_tables(url: str) -> None:
    engine = make_engine(url, pool_size=1)
    with Session(engine) as session, session.begin():
        touch_deck(session, *session.scalars(select(RateTable.id)))
    engine.dispose()


def _goals(name: str, figures: Mapping[str, Any]) -> list[Goal]:
    return [
        Goal(f"{name}: the deck's look-up / the statement's", figures["of_statement"], 0.05),
        Goal(f"{name}: memory with the deck loaded", figures["memory_mb"], 200, "MB"),
        Goal(f"{name}: load of every table", figures["load_seconds"], 10, "s"),
        Goal(f"{name}: worst p99 of a step during a reload", figures["reload_p99_ms"], 100, "ms"),
    ]


if __name__ == "__main__":
    main()
