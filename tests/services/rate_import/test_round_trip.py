"""What is exported comes back unchanged, whatever the terms; and no cell of it runs (F30)."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from factories import NOW
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from billing.tariff import TERM_SECONDS_MAX
from models import ImportMode, Rate
from services.rate_import.export_rates import TITLES, export_rates, rates_to_export
from services.rate_import.term_cells import name_cell
from services.store.sheet_writer import SheetForm

if TYPE_CHECKING:
    from pathlib import Path

    from lists import Desk

FEES = st.integers(0, 500_000_000)
SECONDS = st.integers(0, TERM_SECONDS_MAX)
BLOCKS = st.integers(1, 3_600)
STEPS = st.lists(
    st.fixed_dictionaries(
        {"seconds": BLOCKS, "price_per_minute_micros": FEES, "increment_seconds": BLOCKS, "fee_micros": FEES}
    ),
    max_size=3,
)
NAMES = st.text(min_size=1, max_size=40).map(name_cell).filter(bool) | st.sampled_from(
    ["=1+1", "+44", "-1", "@SUM(A1)", "a,b;c", 'say "hi"', "1.5", "2026-12-01", "No", "España", "total"]
)
TERMS: dict[str, st.SearchStrategy[Any]] = {
    "destination_name": NAMES,
    "price_per_minute_micros": FEES,
    "connect_fee_micros": FEES,
    "first_block_seconds": st.integers(0, 3_600),
    "increment_seconds": BLOCKS,
    "cost_min_micros": FEES,
    "free_seconds": SECONDS,
    "surcharge_seconds": SECONDS,
    "disconnect_fee_micros": FEES,
    "disconnect_fee_after_seconds": SECONDS,
    "block_fee_micros": FEES,
    "block_fee_seconds": st.integers(1, TERM_SECONDS_MAX),
    "steps": STEPS,
    "ghost_minutes_percent": st.none() | st.integers(20, 100),
    "is_blocked": st.booleans(),
}
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2028, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
TICK = timedelta(microseconds=1)
WEEKS = st.sampled_from([(127, 0, 1440), (31, 480, 1080), (96, 0, 1440), (31, 1080, 1440), (127, 0, 480)])


@st.composite
def tariffs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Some periods of some codes and weeks, one after the other, with gaps, the last one without end or not."""
    rows = []
    codes = st.integers(1, 10**15 - 1).map(str)
    keys = draw(st.lists(st.tuples(codes, WEEKS), max_size=5, unique_by=lambda key: key[0]))
    for prefix, (days, from_minute, until_minute) in keys:
        bounds = sorted(draw(st.sets(MOMENTS, min_size=2, max_size=5)))
        for begins, ends in zip(bounds, [*bounds[1:], None], strict=True):
            is_open = ends is None
            until = ends if is_open or draw(st.booleans()) else begins + max(TICK, (ends - begins) // 2)
            if is_open and draw(st.booleans()):
                continue
            terms = {name: draw(strategy) for name, strategy in TERMS.items()}
            week = {"days": days, "from_minute": from_minute, "until_minute": until_minute}
            rows.append({"prefix": prefix, "valid_from": begins, "valid_until": until, **week, **terms})
    return rows


FIXTURE_IS_SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=40, deadline=None, suppress_health_check=FIXTURE_IS_SHARED)
@given(rows=tariffs(), form=st.sampled_from(list(SheetForm)), mode=st.sampled_from(list(ImportMode)))
@example(rows=[], form=SheetForm.CSV, mode=ImportMode.AMEND)
def test_every_term_of_every_period_comes_back_the_same(
    carrier: Desk, rows: list[dict[str, Any]], form: SheetForm, mode: ImportMode
) -> None:
    carrier.session.execute(delete(Rate).where(Rate.rate_table_id == carrier.table_id))
    if not rows:
        return
    with carrier.session.begin_nested():
        carrier.session.execute(insert(Rate), [{**row, "rate_table_id": carrier.table_id} for row in rows])
    file = carrier.folder / f"all.{form.value}"
    export_rates(carrier.session, rates_to_export(carrier.session, carrier.table_id, None), file, form)
    prepared = carrier.prepared(file.read_bytes(), name=f"back.{form.value}", mode=mode)
    preview = prepared.preview
    assert (preview.refused, preview.changes, preview.counts["same"]) == ([], [], len(rows))
    if form is SheetForm.XLSX:
        assert formulas(file) == 0


def formulas(file: Path) -> int:
    with zipfile.ZipFile(file) as packed:
        return sum(len(re.findall(rb"<f[ >]", packed.read(name))) for name in packed.namelist())


def test_an_export_of_a_moment_holds_what_holds_then(carrier: Desk) -> None:
    carrier.has("44", 10_000, valid_until=NOW)
    carrier.has("44", 15_000, valid_from=NOW, valid_until=NOW + timedelta(days=1))
    carrier.has("44", 20_000, valid_from=NOW + timedelta(days=1))
    file = carrier.folder / "now.csv"
    export_rates(carrier.session, rates_to_export(carrier.session, carrier.table_id, NOW), file, SheetForm.CSV)
    titles, line = file.read_text().splitlines()
    assert titles.split(",") == list(TITLES)
    assert (line.split(",")[0], Decimal(line.split(",")[2])) == ("44", Decimal("0.015"))
    assert carrier.prepared(file.read_bytes()).preview.changes == []


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x", "'=1"])
def test_a_name_that_would_run_is_imported_stored_and_exported_without_running(carrier: Desk, name: str) -> None:
    """F30."""
    carrier.applied(f"Code;Destination;Rate\n44;{name};0.1\n")
    bare = name.removeprefix("'")
    assert carrier.rows()[0][2] == bare
    for form in SheetForm:
        file = carrier.folder / f"out.{form.value}"
        export_rates(carrier.session, rates_to_export(carrier.session, carrier.table_id, NOW), file, form)
        assert carrier.prepared(file.read_bytes(), name=f"in.{form.value}").preview.changes == []
    assert f",'{bare}," in (carrier.folder / "out.csv").read_text()
    assert formulas(carrier.folder / "out.xlsx") == 0
