"""`callingcard verify` over millions of ledger rows: every invariant, and which of them takes how long.

Run: python -m bench.verify [ledger rows on PostgreSQL] [ledger rows on SQLite]. Ten million take half an hour to make
and 8 GB of disk; the rows are made by SQL, as settlements write them.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

from bench.goals import Goal, show_goals
from bench.machine import PostgresqlCpu, fresh_databases, keep_result, new_keys, postgresql
from bench.reports import FIRST_OF
from bench.world import CARDS, FIRST_CARD, FIRST_WALLET, fill
from models.database import make_engine, make_read_engine
from services.money.verify_ledger import looks
from services.reports.prove_platform import prove_platform
from services.reports.roll_up_calls import Work, roll_up_calls
from services.reports.verify_rollup import verify_rollup

ROWS = {"postgresql": 10_000_000, "sqlite": 1_000_000}
GOAL_SECONDS = 60
LANES = 4  # as callingcard verify
ROWS_A_CALL = 1.05  # 0.8 are answered, each fourth of these pays a fee, too; each twentieth call is beside a recharge
LAST = datetime(2026, 11, 27, 23, 59, 59, tzinfo=UTC)
FIRST = LAST - timedelta(days=30)
NUMBERS = {
    "postgresql": "generate_series(CAST(1 AS BIGINT), :calls) n",
    "sqlite": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < :calls) SELECT n FROM c)",
}
PLACED = {
    "postgresql": "CAST(:first AS TIMESTAMPTZ) + n * CAST(:step AS INTERVAL)",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', :first, '+' || (n * :step) || ' seconds')",
}
CALLS = """
SELECT n, 'bench-' || n AS call_id, :wallet + n % :cards AS wallet_id, :card + n % :cards AS card_id,
  n % 5 < 4 AS is_answered, CASE WHEN n % 5 < 4 THEN 20 + n * 31 % 400 ELSE 0 END AS s,
  CASE WHEN n % 5 < 4 AND n % 4 = 0 THEN 100 ELSE 0 END AS fee, {placed} AS placed FROM {numbers}
"""
STEPS = (
    """
INSERT INTO hold (call_id, wallet_id, card_id, amount_micros, state, placed_at, resolved_at, heartbeat_at,
  lease_seconds, quote)
SELECT call_id, wallet_id, card_id, 3600000, CASE WHEN is_answered THEN 'settled' ELSE 'voided' END, placed, placed,
  placed, 60, '{{}}' FROM ({calls}) made
""",
    """
INSERT INTO call_record (call_id, wallet_id, card_id, channel_id, access_number, caller_id, is_pinless, destination,
  destination_name, rate_prefix, currency, placed_at, answered_at, ended_at, settled_at, settled_by, disposition,
  dial_status, hangup_cause, limit_seconds, announced_seconds, talk_ms, talk_seconds, billed_seconds, held_micros,
  cost_micros, charge_lines, tried, carrier_account_id, buy_cost_micros, tax_micros, heard)
SELECT call_id, wallet_id, card_id, 'PJSIP/bench', '18005550100', '15550100', {false}, '37060000042',
  'Destination ' || n % 1500, '370', 'USD', placed, CASE WHEN is_answered THEN placed END, placed, placed, 'inline',
  CASE WHEN is_answered THEN 'answered' ELSE 'no_answer' END, CASE WHEN is_answered THEN 'ANSWER' ELSE 'NOANSWER' END,
  16, 3600, 3600, s * 1000, s, s, 3600000, s * 1000 + fee, '[]', '[]', CASE WHEN is_answered THEN :carrier END,
  s * 600, 0, '[]' FROM ({calls}) made
""",
    """
INSERT INTO ledger_entry (source_wallet_id, destination_wallet_id, amount_micros, kind, reference, call_id, created_at,
  actor) SELECT wallet_id, :revenue, s * 1000, 'call', call_id, call_id, placed, 'bench' FROM ({calls}) made
WHERE is_answered
""",
    """
INSERT INTO ledger_entry (source_wallet_id, destination_wallet_id, amount_micros, kind, reference, call_id, created_at,
  actor) SELECT wallet_id, :revenue, fee, 'connect_fee', call_id, call_id, placed, 'bench' FROM ({calls}) made
WHERE fee > 0
""",
    """
INSERT INTO ledger_entry (source_wallet_id, destination_wallet_id, amount_micros, kind, reference, created_at, actor)
SELECT :payments, wallet_id, 5000000, 'recharge', 'R-' || n, placed, 'bench' FROM ({calls}) made WHERE n % 20 = 0
""",
    """
UPDATE wallet SET balance_micros = opening_micros
  + COALESCE((SELECT SUM(amount_micros) FROM ledger_entry WHERE destination_wallet_id = wallet.id), 0)
  - COALESCE((SELECT SUM(amount_micros) FROM ledger_entry WHERE source_wallet_id = wallet.id), 0) WHERE kind = 'card'
""",
)


def main() -> None:
    wanted = [int(word) for word in sys.argv[1:3]]
    rows = dict(zip(ROWS, wanted, strict=False)) if wanted else ROWS
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        keys = new_keys(Path(folder))
        urls = fresh_databases(Path(folder), cluster)
        for name in (name for name in rows if rows[name]):
            fill(urls[name], keys)
            engine = make_engine(urls[name], pool_size=1)
            _make(engine, name, int(rows[name] / ROWS_A_CALL))
            engine.dispose()
            spent = PostgresqlCpu(cluster) if name == "postgresql" else time.process_time
            figures[name] = _measured(urls[name], spent)
            print(name, json.dumps(figures[name]))
    goals = [
        Goal(f"{name}: {told['ledger_rows']} ledger rows proved", told["seconds"], GOAL_SECONDS, "s")
        for name, told in figures.items()
    ]
    keep_result("verify", {**figures, "missed": show_goals(goals)})


def _measured(url: str, spent: Callable[[], float]) -> dict[str, Any]:
    """As the command does it: one moment of the database. CPU seconds stay the same on a busy machine."""
    engine = make_read_engine(url, pool_size=LANES)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _without_limit)
    with Session(engine) as session:
        checks: dict[str, float] = {}
        before = time.perf_counter()
        for name, breaches in looks(session):
            assert not breaches, breaches[0]
            checks[name] = round(time.perf_counter() - before, 2)
            before = time.perf_counter()
        assert verify_rollup(session) == []
        checks["rollup"] = round(time.perf_counter() - before, 2)
        counted = session.execute(text("SELECT (SELECT COUNT(*) FROM ledger_entry), (SELECT COUNT(*) FROM hold)")).one()
    slowest = dict(sorted(checks.items(), key=lambda one: -one[1])[:8])
    lanes = {str(count): _proved(engine, count, spent) for count in (1, LANES)}
    engine.dispose()
    seconds = lanes[str(LANES)]["seconds"]
    return {"ledger_rows": counted[0], "calls": counted[1], "seconds": seconds, "lanes": lanes, "slowest": slowest}


def _proved(engine: Engine, lanes: int, spent: Callable[[], float]) -> dict[str, float]:
    """All of it, ledger and rollup, once. On SQLite the server is this process: its CPU is told once as both."""
    begun, server, ours = time.perf_counter(), spent(), time.process_time()
    with Session(engine) as session:
        assert prove_platform(session, lanes=lanes) == []
    engine.dispose()  # PostgreSQL counts the CPU of connections that have ended, too
    told = {
        "seconds": time.perf_counter() - begun,
        "server_cpu_seconds": spent() - server,
        "our_cpu_seconds": time.process_time() - ours,
    }
    return {name: round(value, 1) for name, value in told.items()}


def _without_limit(connection: Any, _record: object) -> None:  # noqa: ANN401 (the driver's own)
    connection.execute("SET statement_timeout = 0")
    connection.commit()


def _make(engine: Engine, name: str, calls: int) -> None:
    begun = time.monotonic()
    with engine.connect() as connection:
        _unhindered(connection, name)
        values = _values(connection, name, calls)
        calls_made = CALLS.format(placed=PLACED[name], numbers=NUMBERS[name])
        false = "FALSE" if name == "postgresql" else "0"
        for step in STEPS:
            connection.execute(text(step.format(calls=calls_made, false=false)), values)
        connection.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if name == "postgresql":
            connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE" if name == "postgresql" else "ANALYZE"))

    def write(work: Work) -> Any:  # noqa: ANN401 (what the work answers)
        with Session(engine) as session, session.begin():
            if name == "postgresql":
                session.execute(text("SET statement_timeout = 0"))
            return work(session)

    roll_up_calls(write, LAST, UTC)
    print(f"{name}: {calls} calls made in {time.monotonic() - begun:.0f} s", flush=True)


def _unhindered(connection: Connection, name: str) -> None:
    """The rows fit by how they are made."""
    if name == "postgresql":
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET session_replication_role = replica"))
        return
    connection.rollback()
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")


def _values(connection: Connection, name: str, calls: int) -> dict[str, Any]:
    step = (LAST - FIRST) / calls
    values: dict[str, Any] = {"calls": calls, "cards": CARDS, "wallet": FIRST_WALLET, "card": FIRST_CARD}
    if name == "postgresql":
        values |= {"first": FIRST, "step": step}
    else:
        values |= {"first": f"{FIRST:%Y-%m-%d %H:%M:%S}", "step": step.total_seconds()}
    firsts = zip(("carrier", "wallet", "card"), ("account", "wallet", "card"), FIRST_OF, strict=True)
    for what, table, which in firsts:
        values[what] = connection.execute(text(f"SELECT MIN(id) FROM {table} {which}")).scalar_one()  # noqa: S608 (ours)
    for what, kind in (("revenue", "call_revenue"), ("payments", "payments")):
        house = text("SELECT MIN(id) FROM wallet WHERE kind = :kind")
        values[what] = connection.execute(house, {"kind": kind}).scalar_one()
    return values


if __name__ == "__main__":
    main()
