"""Cards a second out of each database: CSV and XLSX with their PINs, beside XlsxWriter, and card sheets for print.

Run: python -m bench.export_cards [cards]. One JSON line is appended to bench/results.jsonl. A million cards take
about five minutes.

    csv, xlsx    callingcard series export: read, decrypt, write; seconds, CPU and memory of a process of its own;
                 `added` is what is above the imported libraries, which take 60 MB before the first card
    sheets       the writing alone, rows from memory: ours against XlsxWriter with constant_memory, CPU by turns
    print        500 cards with QR codes on 50 pages
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlalchemy import insert
from sqlalchemy.orm import Session

from bench.machine import keep_result, memory_mb, new_keys, postgresql
from models import AccessNumber, CardGroup, IvrPlan, IvrPlanGroup, RateTable
from models.database import make_engine, make_read_engine, session_factory
from services.keys.permit import Permit
from services.keys.pin_keys import load_pin_keys
from services.series.export_series import TITLES, export_series, series_to_export
from services.series.generate_cards import generate_cards
from services.series.open_series import open_series
from services.series.print_cards import PrintOrder, plan_print, print_cards
from services.series.series_terms import NewSeries
from services.store.sheet_writer import SheetForm, write_sheets
from tests.databases import migrated

CARDS = 1_000_000
PRINTED = 500
SHEET_ROWS = 100_000
ROUNDS = 5
GOALS = {"csv_seconds": 15, "csv_memory_mb": 150, "xlsx_added_mb": 60, "xlsx_of_xlsxwriter": 0.3, "print_seconds": 10}
SERIES, PRINTED_SERIES = 1, 2


def main() -> None:
    if len(sys.argv) == 5:
        _work(*sys.argv[1:])
        return
    cards = int(sys.argv[1]) if len(sys.argv) > 1 else CARDS
    figures: dict[str, Any] = {"cards": cards, "sheets": _sheets()}
    print("sheets", figures["sheets"])
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        new_keys(Path(folder))
        for name in ("sqlite", "postgresql"):
            url = migrated(f"sqlite:///{folder}/bench.sqlite" if name == "sqlite" else cluster.create_database())
            _fill(url, Path(folder), cards)
            figures[name] = {work: _measured(url, folder, work) for work in ("csv", "xlsx", "print")}
            print(name, figures[name])
    figures["missed"] = _missed(figures)
    print("missed:", figures["missed"] or "nothing")
    keep_result("export_cards", figures)


def _missed(figures: dict[str, Any]) -> list[str]:
    found = {"xlsx_of_xlsxwriter": [figures["sheets"]["of_xlsxwriter"]]}
    for name in ("csv_seconds", "csv_memory_mb", "xlsx_added_mb", "print_seconds"):
        work, _, figure = name.partition("_")
        found[name] = [figures[database][work][figure] for database in ("sqlite", "postgresql")]
    return [name for name, goal in GOALS.items() if max(found[name]) > goal]


def _fill(url: str, folder: Path, cards: int) -> None:
    """A series to export and one to print."""
    engine, keys = make_engine(url, pool_size=1), load_pin_keys(folder / "keys.json")
    for number, quantity in ((SERIES, cards), (PRINTED_SERIES, PRINTED)):
        with Session(engine) as session, session.begin():
            if number == SERIES:
                group, table = CardGroup(name="Group", currency="USD"), RateTable(name="Sell", currency="USD")
                plan = IvrPlan(name="Plan", languages=["en"])
                session.add_all([group, table, plan])
                session.flush()
                group_id, table_id = group.id, table.id
                session.execute(insert(IvrPlanGroup).values(ivr_plan_id=plan.id, card_group_id=group_id))
                session.execute(insert(AccessNumber).values(number="18005550100", ivr_plan_id=plan.id))
            terms = NewSeries(group_id, number, table_id, 5_000_000, quantity, pin_length=14)
            job_id = open_series(session, terms, None, datetime.now(UTC))
        generate_cards(session_factory(engine), keys, job_id, lambda: datetime.now(UTC))
    engine.dispose()


def _measured(url: str, folder: str, work: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.export_cards", url, folder, work, "-"]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured: dict[str, Any] = json.loads(out)
    return measured


def _work(url: str, folder: str, work: str, _: str) -> None:
    """In a process of its own, so that its memory is its own; beginning and end are those of the command."""
    keys, file = load_pin_keys(Path(folder) / "keys.json"), Path(folder) / f"cards.{work}"
    before = memory_mb()
    begun, cpu = time.perf_counter(), time.process_time()
    with Session(make_read_engine(url)) as session:
        if work == "print":
            print_cards(session, plan_print(session, PrintOrder(PRINTED_SERIES)), file, Permit(keys), UTC)
        else:
            export_series(session, series_to_export(session, SERIES), file, SheetForm(work), UTC, Permit(keys))
    print(json.dumps({
        "seconds": round(time.perf_counter() - begun, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "file_mb": round(file.stat().st_size / 1024**2, 1),
        "memory_mb": memory_mb(),
        "added_mb": memory_mb() - before,
    }))  # fmt: skip
    file.unlink()


def _sheets() -> dict[str, float]:
    """CPU microseconds a row of both writers, medians of rounds by turns."""
    spent: dict[str, list[float]] = {"ours": [], "xlsxwriter": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for name, write in (("ours", _ours), ("xlsxwriter", _xlsxwriter)):
                begun = time.process_time()
                write(Path(folder) / f"{name}.xlsx")
                spent[name].append((time.process_time() - begun) / SHEET_ROWS * 1e6)
    ours, peer = (statistics.median(spent[name]) for name in ("ours", "xlsxwriter"))
    return {
        "ours_us_a_row": round(ours, 2),
        "xlsxwriter_us_a_row": round(peer, 2),
        "of_xlsxwriter": round(ours / peer, 3),
    }


def _rows() -> Iterator[tuple[Any, ...]]:
    value = Decimal("5.00")
    for serial in range(SHEET_ROWS):
        pin = f"{serial * 7_919 % 10_000:04d} 6160 7855 {serial % 100:02d}"
        yield f"1-{serial:09d}", pin, value, 1, None, None, "pending", None


def _ours(file: Path) -> None:
    write_sheets(file, "Rows", TITLES, _rows(), SHEET_ROWS)


def _xlsxwriter(file: Path) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet("Rows")
        for row, cells in enumerate(_titled(_rows())):
            sheet.write_row(row, 0, cells)


def _titled(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    yield TITLES
    yield from rows


if __name__ == "__main__":
    main()
