"""Workbooks of every kind are applied, exported again and undone, with numbers and dates as such."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from workbooks import ods, xls, xlsx

from services.rate_import.export_rates import export_rates, rates_to_export
from services.store.sheet_writer import SheetForm

if TYPE_CHECKING:
    from lists import Desk

ROWS = [
    ["Destination", "Country Code", "Area Codes", "Rate", "Setup Fee", "Min Time", "Increment"],
    ["Latvia", 371, "", 0.08, 0.1, 60, 6],
    [1, 371, "2, 26-27", 0.31, 0, 60, 6],
    ["Russia", 7, 495, 0.02, 0, 1, 1],
]
CODES = ["371", "3712", "37126", "37127", "7495"]


@pytest.mark.parametrize("content", [xlsx(ROWS), ods(ROWS), xls(ROWS)], ids=["xlsx", "ods", "xls"])
def test_a_workbook_of_any_kind_is_applied_comes_back_and_is_undone(carrier: Desk, content: bytes) -> None:
    carrier.has("371", 70_000)
    before = carrier.rows()
    import_id = carrier.applied(content, name="list.bin")
    assert [row[0] for row in carrier.periods() if row[3] is None] == CODES
    for form in SheetForm:
        file = carrier.folder / f"back.{form.value}"
        export_rates(carrier.session, rates_to_export(carrier.session, carrier.table_id, None), file, form)
        preview = carrier.prepared(file.read_bytes(), name=file.name).preview
        assert (preview.refused, preview.changes, preview.counts["same"]) == ([], [], len(carrier.rows()))
    carrier.undone(import_id)
    assert carrier.rows() == before


@pytest.mark.parametrize("code", [371, 371.0, "371", "+371"], ids=repr)
def test_a_code_may_be_a_number_or_a_text(carrier: Desk, code: object) -> None:
    carrier.applied(xlsx([["Code", "Name", "Rate", "Date"], [code, "Latvia", 0.08, date(2026, 12, 1)]]), name="l.xlsx")
    assert carrier.periods() == [("371", 80_000, "2026-12-01", None)]


def test_a_table_without_rates_is_exported_without_a_warning(carrier: Desk) -> None:
    """Warnings are errors of a test."""
    file = carrier.folder / "none.xlsx"
    export_rates(carrier.session, rates_to_export(carrier.session, carrier.table_id, None), file, SheetForm.XLSX)
    assert file.stat().st_size > 0
