"""Reports over millions of calls: from the rollup, and by the direct aggregate that it replaces.

Run: python -m bench.reports [calls on PostgreSQL] [calls on SQLite]. Ten million take a quarter of an hour and 6 GB.

    direct  profit by destination and day, summed from the call records in one statement
    report  the same by `report_calls`, from the rollup that `roll_up_calls` made; others by each other cube
    rollup  every day at first, and then one day, as the worker does each minute; and the proof by `verify`

The calls are made by SQL, without their holds and ledger rows: reports read neither.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, text, update
from sqlalchemy.orm import Session

from bench.goals import Goal, show_goals
from bench.machine import fresh_databases, keep_result, new_keys, postgresql
from bench.world import CARDS, FIRST_CARD, FIRST_WALLET, fill
from models import CallRecord, Card, CardSeries
from models.database import make_engine
from services.reports.report_calls import report_calls
from services.reports.report_terms import ROWS_DEFAULT, By, ReportTerms
from services.reports.roll_up_calls import Work, roll_up_calls, roll_up_day
from services.reports.verify_rollup import verify_rollup

CALLS = {"postgresql": 10_000_000, "sqlite": 1_000_000}
DAYS = 30
DESTINATIONS = 1_500
SERIES = 20
ROUNDS = 5
LAST = datetime(2026, 11, 27, 23, 59, 59, tzinfo=UTC)
FIRST = LAST - timedelta(days=DAYS) + timedelta(seconds=1)
TERMS = (By.DAY, By.DESTINATION)
OTHERS = {  # each by another cube of the rollup
    "series": (By.SERIES,),
    "destination_series": (By.DESTINATION, By.SERIES),
    "day_destination_series": (By.DAY, By.DESTINATION, By.SERIES),
    "destination_access_number": (By.DESTINATION, By.ACCESS_NUMBER),
    "carrier_series": (By.CARRIER, By.SERIES),
}

# Few destinations get most calls, four in ten are not answered, a carrier is mostly the same for a destination.
ROWS = """
INSERT INTO call_record (call_id, wallet_id, card_id, channel_id, access_number, caller_id, is_pinless, destination,
  destination_name, rate_prefix, currency, placed_at, answered_at, ended_at, settled_at, settled_by, disposition,
  dial_status, hangup_cause, limit_seconds, announced_seconds, talk_ms, talk_seconds, billed_seconds, held_micros,
  cost_micros, charge_lines, tried, carrier_account_id, buy_cost_micros, tax_micros, heard)
SELECT 'bench-' || n, :wallet + n % :cards, :card + n % :cards, 'PJSIP/bench',
  CASE WHEN n % 3 = 0 THEN '18005550100' ELSE '18005550101' END,
  '15550100', {false},
  '37060000042', 'Destination ' || CAST(d AS VARCHAR(10)), '370', 'USD', {placed},
  CASE WHEN n % 10 < 6 THEN {placed} END, {placed}, {placed}, 'inline',
  CASE WHEN n % 10 < 6 THEN 'answered' ELSE 'no_answer' END, CASE WHEN n % 10 < 6 THEN 'ANSWER' ELSE 'NOANSWER' END, 16,
  3600, 3600, s * 1000, s, s, 3600000, s * 1000, '[]', '[]',
  CASE WHEN n % 10 < 6 THEN :carrier + (d + n % 3 / 2) % 5 END, s * 600, 0, '[]'
FROM (SELECT n, CAST(((n * 7919) % 1000003) * ((n * 104729) % 1000033) / 1000036000099.0 * :destinations AS INT) AS d,
             CASE WHEN n % 10 < 6 THEN 20 + n * 31 % 400 ELSE 0 END AS s FROM {numbers}) numbered
"""
WORDS = {
    "postgresql": {
        "false": "FALSE",
        "placed": "CAST(:first AS TIMESTAMPTZ) + n * CAST(:step AS INTERVAL)",
        "numbers": "generate_series(CAST(1 AS BIGINT), :calls) n",
    },
    "sqlite": {
        "false": "0",
        "placed": "strftime('%Y-%m-%d %H:%M:%f000', :first, '+' || (n * :step) || ' seconds')",
        "numbers": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < :calls) SELECT n FROM c)",
    },
}
FIRST_OF = ("WHERE terminator_enabled", "WHERE kind = 'card'", "")
INDEXES = ("card", "account", "settled", "reversed", "placed")


def main() -> None:
    wanted = [int(word) for word in sys.argv[1:3]]
    calls = dict(zip(CALLS, wanted, strict=False)) if wanted else CALLS
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        keys = new_keys(Path(folder))
        urls = fresh_databases(Path(folder), cluster)
        for name in calls:
            fill(urls[name], keys)
            engine = make_engine(urls[name], pool_size=1)
            figures[name] = _measured(engine, name, calls[name])
            engine.dispose()
            print(name, json.dumps(figures[name]))
    missed = [f"{name}: {goal}" for name in calls for goal in show_goals(_goals(name, figures[name]))]
    keep_result("reports", {**figures, "missed": missed})


def _measured(engine: Engine, name: str, calls: int) -> dict[str, Any]:
    seconds: dict[str, float] = {}
    with _told(seconds, "generate"):
        _generate(engine, name, calls)

    def write(work: Work) -> Any:  # noqa: ANN401 (what the work answers)
        with Session(engine) as session, session.begin():
            _unhurried(session)
            return work(session)

    with _told(seconds, "rollup_all_days"):
        roll_up_calls(write, LAST, UTC)
    with _told(seconds, "rollup_one_day"):
        write(lambda session: roll_up_day(session, LAST.date(), UTC))
    with Session(engine) as session:
        _unhurried(session)
        with _told(seconds, "verify"):
            assert verify_rollup(session) == []
        seconds["direct"] = _median(lambda: _direct(session), 2)
        period = (FIRST.date(), LAST.date())
        seconds["report"] = _median(
            lambda: report_calls(session, ReportTerms(TERMS, *period, rows_max=ROWS_DEFAULT), UTC), ROUNDS
        )
        for what, by in OTHERS.items():
            terms = ReportTerms(by, *period, rows_max=ROWS_DEFAULT)
            seconds[what] = _median(lambda terms=terms: report_calls(session, terms, UTC), ROUNDS)
        rows = session.execute(text("SELECT COUNT(*) FROM call_day")).scalar_one()
    rounded = {f"{what}_seconds": round(value, 3) for what, value in seconds.items()}
    return {
        "calls": calls,
        "rollup_rows": rows,
        **rounded,
        "of_direct": round(seconds["report"] / seconds["direct"], 4),
    }


def _generate(engine: Engine, name: str, calls: int) -> None:
    values: dict[str, Any] = {"calls": calls, "cards": CARDS, "wallet": FIRST_WALLET, "card": FIRST_CARD}
    step = (LAST - FIRST) / calls
    if name == "postgresql":
        values |= {"first": FIRST, "step": step}
    else:
        values |= {"first": f"{FIRST:%Y-%m-%d %H:%M:%S}", "step": step.total_seconds()}
    with engine.connect() as connection:
        if name == "postgresql":
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text("SET session_replication_role = replica"))  # no hold is made for these calls
            for index in INDEXES:
                connection.execute(text(f"DROP INDEX ix_call_record_{index}"))
        else:
            connection.rollback()
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            connection.connection.driver_connection.execute("COMMIT")
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
            connection.connection.driver_connection.execute("BEGIN")
        first_carrier, first_wallet, first_card = (
            connection.execute(text(f"SELECT MIN(id) FROM {table} {which}")).scalar_one()  # noqa: S608 (names of our own)
            for table, which in (
                ("account", "WHERE terminator_enabled"),
                ("wallet", "WHERE kind = 'card'"),
                ("card", ""),
            )
        )
        values |= {"carrier": first_carrier, "wallet": first_wallet, "card": first_card, "destinations": DESTINATIONS}
        _spread_over_series(connection)
        connection.execute(text(ROWS.format(**WORDS[name])), values)
        if name == "postgresql":
            for index, columns in (("settled", "settled_at"), ("reversed", "reversed_at"), ("placed", "placed_at")):
                connection.execute(text(f"CREATE INDEX ix_call_record_{index} ON call_record ({columns})"))
        connection.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if name == "postgresql":
            connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE call_record" if name == "postgresql" else "ANALYZE"))


def _spread_over_series(connection: Connection) -> None:
    """The world has one: its cards are given to more like it."""
    table = CardSeries.__table__
    first = dict(connection.execute(select(table)).mappings().one())
    first_id, number = first.pop("id"), first.pop("number")
    connection.execute(insert(table), [{**first, "number": number + more} for more in range(1, SERIES)])
    connection.execute(update(Card).values(series_id=first_id + Card.id % SERIES))


def _unhurried(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET statement_timeout = 0"))


def _direct(session: Session) -> Any:  # noqa: ANN401 (rows)
    """As a report would be without a rollup."""
    day = func.date(CallRecord.placed_at)
    figures = (func.count(), func.count(CallRecord.answered_at), func.sum(CallRecord.talk_seconds))
    money = (func.sum(CallRecord.cost_micros - CallRecord.tax_micros - CallRecord.buy_cost_micros),)
    query = select(day, CallRecord.destination_name, CallRecord.currency, *figures, *money)
    found = query.where(CallRecord.reversed_at.is_(None)).group_by(
        day, CallRecord.destination_name, CallRecord.currency
    )
    return session.execute(found).all()


def _median(work: Callable[[], Any], rounds: int) -> float:
    spent: dict[str, float] = {}
    every = []
    for _ in range(rounds):
        with _told(spent, "one"):
            work()
        every.append(spent["one"])
    return median(every)


@contextmanager
def _told(seconds: dict[str, float], what: str) -> Any:  # noqa: ANN401 (a context manager)
    begun = time.perf_counter()
    yield
    seconds[what] = time.perf_counter() - begun


def _goals(name: str, figures: dict[str, Any]) -> list[Goal]:
    return [
        Goal(f"{name}: {figures['calls']} calls, report / direct aggregate", figures["of_direct"], 0.05),
        Goal(f"{name}: report by day and destination", figures["report_seconds"] * 1e3, 200, "ms"),
        *(
            Goal(f"{name}: report by {' and '.join(by)}", figures[f"{what}_seconds"] * 1e3, 200, "ms")
            for what, by in OTHERS.items()
        ),
        *(
            Goal(
                f"{name}: by {' and '.join(by)} / direct aggregate",
                figures[f"{what}_seconds"] / figures["direct_seconds"],
                0.05,
            )
            for what, by in OTHERS.items()
        ),
    ]


if __name__ == "__main__":
    main()
