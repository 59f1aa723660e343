"""Codes, prices, dates and increments are read as carriers write them, or refused by line."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from lists import day, prices, understood
from workbooks import xlsx

from services.rate_import.code_cells import codes_of, codes_of_two
from services.rate_import.refusals import CellRefused, FileRefused, Reason
from services.rate_import.terms import MISSING, PLACES

if TYPE_CHECKING:
    from pathlib import Path

FIRST, NEXT = PLACES["first_block_seconds"], PLACES["increment_seconds"]


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("4420, 4477-4479", ["4420", "4477", "4478", "4479"]),
        ("4477-79", ["4477", "4478", "4479"]),
        ("+44;0049 / 33|1", ["44", "49", "33", "1"]),
        ("44.0", ["44"]),
        ("441,442,443", ["441", "442", "443"]),
        ("'4420", ["4420"]),
        ("7700 \u2013 7701", ["7700", "7701"]),
        ("44\n49", ["44", "49"]),
    ],
)
def test_codes_stand_in_lists_and_ranges(cell: str, codes: list[str]) -> None:
    assert codes_of(cell) == codes


@pytest.mark.parametrize(
    "cell",
    ["", "abc", "4.42E+11", "44.5", "4,420", "44 20", "4479-4477", "44-4477", "1-99999", "012", "00", "1" * 16,
     "2026-01-84", "Jan-84", "1-Dec", "-44", "44--45", "٤٤", "44;x"],
)  # fmt: skip
def test_codes_that_may_mean_something_else_are_refused(cell: str) -> None:
    with pytest.raises(CellRefused) as refused:
        codes_of(cell)
    assert refused.value.reason is Reason.CODE


@pytest.mark.parametrize("heading", ["Area Codes", "Code", "Prefix"])
def test_what_follows_the_countrys_code_is_told_by_the_cells(tmp_path: Path, heading: str) -> None:
    """Area codes taken for whole ones would be prices of other countries: 20 is Egypt."""
    text = f'Country,Country Code,{heading},Rate\nUK,44,"20, 2-3",0.01\nKazakhstan,7,701,0.02\nLatvia,371,,0.03\n'
    found = understood(tmp_path, text + "Russia,7,495,0.04\nUK,44,75,0.05\nItaly,39,06,0.06\nSpain,34,6,0.07\n")
    assert sorted(prices(found)) == ["34" + "6", "371", "3906", "442", "4420", "443", "4475", "7495", "7701"]


def test_whole_codes_beside_the_countrys_code_stay_whole(tmp_path: Path) -> None:
    found = understood(tmp_path, 'Country Code,Code,Rate,Quality\n44,"4420, 4475",0.01,A\n371,371,0.02,B\n')
    assert sorted(prices(found)) == ["371", "4420", "4475"]
    assert "Columns that are not read: Country Code, Quality." in found.notes


def test_codes_that_may_be_whole_or_not_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="It cannot be told whether the codes are whole"):
        understood(tmp_path, "Country Code,Code,Rate\n44,4420,0.01\n44,20,0.02\n")


def test_country_and_area_make_one_code() -> None:
    assert codes_of_two("+1", "212, 213-214") == ["1212", "1213", "1214"]
    assert codes_of_two("44.0", "") == ["44"]
    assert codes_of_two("39", "06") == ["3906"]


@pytest.mark.parametrize(
    ("cells", "micros"),
    [
        (["0.0123", "1,234.5"], [12_300, 1_234_500_000]),
        (["0,0123", "1.234,5"], [12_300, 1_234_500_000]),
        (["$ 0.05", "0.06 USD", "US$0.07", ".08", "5E-03"], [50_000, 60_000, 70_000, 80_000, 5_000]),
        (["0.12345678", "1 234.5"], [123_457, 1_234_500_000]),  # finer than a micro: up
    ],
)
def test_prices_are_read_with_either_decimal_sign(tmp_path: Path, cells: list[str], micros: list[int]) -> None:
    lines = "".join(f"{place + 40};{cell}\n" for place, cell in enumerate(cells))
    found = understood(tmp_path, f"Code;Price\n{lines}", currency="BIF" if "US" not in lines else "USD")
    if "US" in lines:
        assert list(prices(found).values()) == micros
    else:
        assert list(prices(found).values()) == micros, found.refused


@pytest.mark.parametrize(
    "cell", ["-0.5", "(0.5)", "NaN", "1e400", "inf", "1.2.3", "abc", "", "501", "0x10", "1/2", "٣"]
)
def test_prices_that_are_none_are_refused(tmp_path: Path, cell: str) -> None:
    """F26: negative, NaN, 1e400."""
    found = understood(tmp_path, f"Code;Destination;Price\n44;UK;{cell}\n49;Germany;0.1\n")
    assert [(refusal.line, refusal.reason) for refusal in found.refused] == [(2, Reason.PRICE)]


def test_another_currency_is_refused_by_line(tmp_path: Path) -> None:
    found = understood(tmp_path, "Code;Price;Currency\n44;0.1;USD\n49;0.1;EUR\n33;€0.1;\n")
    assert [(refusal.line, refusal.reason) for refusal in found.refused] == [(3, Reason.CURRENCY), (4, Reason.CURRENCY)]


def test_hundredths_are_hundredths_if_the_heading_says_so(tmp_path: Path) -> None:
    assert prices(understood(tmp_path, "Code,Rate (US cents)\n44,1.25\n")) == {"44": 12_500}


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-12-01", "2026-12-01"), ("2026-12-01 06:30:00", "2026-12-01T06:30"), ("2026/12/1", "2026-12-01"),
        ("20261201", "2026-12-01"), ("46357", "2026-12-01"), ("1-Dec-2026", "2026-12-01"),
        ("Dec 1st, 2026", "2026-12-01"),
        ("1 de diciembre de 2026", "2026-12-01"), ("01.12.2026", "2026-12-01"), ("01/12/26", "2026-12-01"),
        ("2026-12-01 02:00 +02:00", "2026-12-01"), ("1/12/2026 11:00 PM", "2026-12-01T23:00"),
        ("Immediate", None), ("inmediato", None), ("", None),
    ],
)  # fmt: skip
def test_dates_are_read_in_many_spellings(tmp_path: Path, cell: str, moment: str | None) -> None:
    found = understood(tmp_path, f"Code;Price;Effective\n44;0.1;{cell}\n49;0.1;13/12/2026\n")
    assert (found.refused, found.rates[0].valid_from) == ([], None if moment is None else day(moment))


def test_date_cells_of_a_workbook_need_no_guess(tmp_path: Path) -> None:
    rows = [["Code", "Rate", "Effective"], [44, 0.1, date(2026, 3, 4)], [49, 0.1, "immediate"]]
    assert understood(tmp_path, xlsx(rows)).rates[0].valid_from == day("2026-03-04")


@pytest.mark.parametrize("cell", ["2026-02-30", "soon", "31/12/1899", "2026-12-01 25:00", "1/2/3/4"])
def test_dates_that_are_none_are_refused(tmp_path: Path, cell: str) -> None:
    found = understood(tmp_path, f"Code;Price;Effective\n44;0.1;{cell}\n49;0.1;13/12/2026\n")
    assert [(refusal.line, refusal.reason) for refusal in found.refused] == [(2, Reason.DATE)]


def test_a_month_that_comes_first_is_found_out(tmp_path: Path) -> None:
    found = understood(tmp_path, "Code,Rate,Date\n44,0.1,12/01/2026\n49,0.1,12/31/2026\n")
    assert [rate.valid_from for rate in found.rates] == [day("2026-12-01"), day("2026-12-31")]


@pytest.mark.parametrize(
    ("cell", "first_and_next"),
    [("60/6", (60, 6)), ("1+1", (1, 1)), ("30-6", (30, 6)), ("60", (60, 60)), ("per second", (1, 1)),
     ("60/60/60", (60, 60)),
     ("", (MISSING, MISSING))],
)  # fmt: skip
def test_increments_stand_in_one_cell(tmp_path: Path, cell: str, first_and_next: tuple[object, object]) -> None:
    [rate] = understood(tmp_path, f"Code;Rate;Billing Increment\n44;0.1;{cell}\n").rates
    assert (rate.given[FIRST], rate.given[NEXT]) == first_and_next


@pytest.mark.parametrize("cell", ["60/0", "6/60/1", "60000/60000", "x", "1/2/3/4"])
def test_increments_that_are_none_are_refused(tmp_path: Path, cell: str) -> None:
    found = understood(tmp_path, f"Code;Rate;Billing Increment\n44;0.1;{cell}\n")
    assert [refusal.reason for refusal in found.refused] == [Reason.TERM]
