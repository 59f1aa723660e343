"""A list of 200,000 rates read, previewed, applied and undone on each database, and how long a call's hold waits.

Run: python -m bench.import_rates [rates]. One JSON line is appended to bench/results.jsonl.

    preview    callingcard rates import --dry-run: read, understand, compare; CSV and XLSX
    stage      the changes written beside the rates, in short transactions
    apply      the transactions that put them into force; `held` is the longest of them
    undo       those that take them back
    waits      the longest that a transaction like a call's hold took meanwhile
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.orm import Session

from bench.machine import keep_result, memory_mb, postgresql
from models import ImportMode, Rate, RateTable, Wallet, WalletKind
from models.database import make_engine, make_read_engine
from services.audit.audit import Actor, Door
from services.rate_import.apply_import import apply_import
from services.rate_import.prepare_import import ImportOrder, Prepared, prepare_import
from services.rate_import.stage_import import stage_import
from services.rate_import.undo_import import undo_import
from services.store.sheet_writer import SheetForm, write_table
from tests.databases import migrated

RATES = 200_000
ACTOR = Actor("bench", Door.CLI)
TITLES = ("Code", "Destination", "Rate", "Effective Date", "Increment")
GOALS = {"preview_seconds": 15, "waits_seconds": 2}
FIRST_CODE = 1_000_000


def main() -> None:
    if len(sys.argv) == 4:
        _preview_told(*sys.argv[1:])
        return
    if len(sys.argv) == 3:
        _call(sys.argv[1], int(sys.argv[2]))
        return
    rates = int(sys.argv[1]) if len(sys.argv) > 1 else RATES
    figures: dict[str, Any] = {"rates": rates}
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        _write_lists(Path(folder), rates)
        for name in ("sqlite", "postgresql"):
            url = migrated(f"sqlite:///{folder}/bench.sqlite" if name == "sqlite" else cluster.create_database())
            figures[name] = _measured(url, Path(folder), rates)
            print(name, figures[name])
    figures["missed"] = _missed(figures)
    print("missed:", figures["missed"] or "nothing")
    keep_result("import_rates", figures)


def _missed(figures: dict[str, Any]) -> list[str]:
    sides = [figures[database] for database in ("sqlite", "postgresql")]
    previews = [side[f"preview_{form}"]["seconds"] for side in sides for form in ("csv", "xlsx")]
    waits = [side[step]["waits_seconds"] for side in sides for step in ("stage", "apply", "undo")]
    found = {"preview_seconds": max(previews), "waits_seconds": max(waits)}
    return [name for name, goal in GOALS.items() if found[name] > goal]


def _write_lists(folder: Path, rates: int) -> None:
    """Of the codes in the table a twentieth is missing, a quarter is the same, the rest has another price; a tenth
    is new.
    """
    rows = list(_rows(rates))
    write_table(folder / "list.csv", SheetForm.CSV, TITLES, rows, len(rows))
    write_table(folder / "list.xlsx", SheetForm.XLSX, TITLES, rows, len(rows))


def _rows(rates: int) -> Iterator[tuple[str, ...]]:
    for place in range(rates // 20, rates + rates // 20):
        price = _price(place) if place % 4 == 0 else f"0.{place % 8_999 + 1_000}"
        yield str(FIRST_CODE + place), f"Country {place % 900}, mobile", price, "2020-01-01", "60/6"


def _price(place: int) -> str:
    return f"0.{place % 7_919 + 1_000:04d}"


def _measured(url: str, folder: Path, rates: int) -> dict[str, Any]:
    engine = make_engine(url, pool_size=3)
    table_id, wallet_id = _fill(engine, rates)
    figures = {f"preview_{form}": _preview(url, folder, form, table_id) for form in ("csv", "xlsx")}
    with Session(make_read_engine(url)) as session:
        prepared = prepare_import(session, folder / "list.csv", _order(table_id))
    figures["counts"] = dict(prepared.preview.counts)
    figures["changes"] = len(prepared.preview.changes)
    steps: dict[str, Callable[[], Any]] = {"stage": partial(_stage, engine, prepared)}
    import_id: int = _step(engine, wallet_id, "stage", steps["stage"], figures)
    for name, work in (("apply", apply_import), ("undo", undo_import)):
        _step(engine, wallet_id, name, partial(_held, engine, work, import_id), figures)
    engine.dispose()
    return figures


def _fill(engine: Engine, rates: int) -> tuple[int, int]:
    with Session(engine) as session, session.begin():
        table = RateTable(name="Carrier", currency="USD")
        wallet = Wallet(kind=WalletKind.CARD, currency="USD", opening_micros=5_000_000, balance_micros=5_000_000)
        session.add_all([table, wallet])
        session.flush()
        rows = [
            {
                "rate_table_id": table.id,
                "prefix": str(FIRST_CODE + place),
                "destination_name": f"Country {place % 900}, mobile",
                "price_per_minute_micros": int(_price(place)[2:]) * 100,
                "first_block_seconds": 60,
                "increment_seconds": 6,
                "valid_from": datetime(2019, 1, 1, tzinfo=UTC),
            }
            for place in range(rates)
        ]
        for begin in range(0, rates, 10_000):
            session.execute(insert(Rate), rows[begin : begin + 10_000])
        return table.id, wallet.id


def _order(table_id: int) -> ImportOrder:
    now = datetime.now(UTC)
    return ImportOrder(table_id, ImportMode.REPLACE, now + timedelta(hours=1), now, UTC, jump_percent=30)


def _preview(url: str, folder: Path, form: str, table_id: int) -> dict[str, Any]:
    """In a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "bench.import_rates", url, str(folder / f"list.{form}"), str(table_id)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured: dict[str, Any] = json.loads(told)
    return measured


def _preview_told(url: str, file: str, table_id: str) -> None:
    before, begun, cpu = memory_mb(), time.perf_counter(), time.process_time()
    with Session(make_read_engine(url)) as session:
        prepare_import(session, Path(file), _order(int(table_id)))
    seconds, spent = time.perf_counter() - begun, time.process_time() - cpu
    print(json.dumps({
        "seconds": round(seconds, 2), "cpu_seconds": round(spent, 2), "added_mb": memory_mb() - before
    }))  # fmt: skip


def _stage(engine: Engine, prepared: Prepared) -> int:
    def write(work: Callable[[Session], Any]) -> Any:  # noqa: ANN401 (what the work gives)
        with Session(engine, autoflush=False) as session, session.begin():
            return work(session)

    return stage_import(write, prepared.facts, prepared.preview, ACTOR)


def _held(engine: Engine, work: Callable[..., None], import_id: int) -> float:
    """Seconds of the longest transaction, from its beginning to the end of its commit."""
    held: list[float] = []

    def write(work: Callable[[Session], Any]) -> Any:  # noqa: ANN401 (what the work gives)
        with Session(engine, autoflush=False) as session:
            with session.begin():
                session.connection()
                begun = time.perf_counter()
                done = work(session)
            held.append(time.perf_counter() - begun)
            return done

    work(write, import_id, ACTOR, lambda: datetime.now(UTC))
    return round(max(held), 2)


def _step(engine: Engine, wallet_id: int, name: str, work: Callable[[], Any], figures: dict[str, Any]) -> Any:  # noqa: ANN401
    begun = time.perf_counter()
    with _calls(engine, wallet_id) as waits:
        done = work()
    figures[name] = {"seconds": round(time.perf_counter() - begun, 2), "waits_seconds": round(max(waits), 2)}
    if isinstance(done, float):
        figures[name]["held_seconds"] = done
    return done


@contextmanager
def _calls(engine: Engine, wallet_id: int) -> Iterator[list[float]]:
    """The longest wait of transactions like a call's hold, fifty a second, in a process of their own as a call server
    is, from before the work until after it.
    """
    waits: list[float] = []
    command = [
        sys.executable,
        "-m",
        "bench.import_rates",
        engine.url.render_as_string(hide_password=False),
        str(wallet_id),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as calls:
        assert calls.stdin is not None
        assert calls.stdout is not None
        calls.stdout.readline()  # it has begun
        try:
            yield waits
        finally:
            calls.stdin.close()
            waits.append(float(calls.stdout.readline()))


def _call(url: str, wallet_id: int) -> None:
    """Until standard input ends; then the longest wait is told."""
    engine, longest, ended = make_engine(url, pool_size=1), 0.0, threading.Event()

    def end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=end).start()
    print("begun", flush=True)
    while not ended.wait(0.02):
        begun = time.perf_counter()
        with Session(engine) as session, session.begin():
            session.execute(select(Rate.price_per_minute_micros).where(Rate.prefix == str(FIRST_CODE))).all()
            session.execute(update(Wallet).where(Wallet.id == wallet_id).values(held_micros=Wallet.held_micros + 1))
        longest = max(longest, time.perf_counter() - begun)
    print(longest, flush=True)


if __name__ == "__main__":
    main()
