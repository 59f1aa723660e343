"""Tables as files, CSV and XLSX: written as the rows come, so that a million of them fill no memory, and without any
formula (reliability.md 15).
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Final

from rustpy_xlsxwriter import write_worksheets

from services.store.safe_cells import write_csv

SHEET_ROWS_MAX: Final = 1_048_575  # Excel's 1,048,576 without the titles
COLUMN_WIDTH: Final = 22
Cell = str | int | Decimal | None
Row = Sequence[Cell]


class RowsMiscounted(Exception):
    """More or fewer rows came than were counted: the file is not whole."""


class SheetForm(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


def write_table(file: Path, form: SheetForm, titles: Sequence[str], rows: Iterable[Row], count: int) -> None:
    """Write `count` rows. Text stays text, whatever it begins with: in a sheet by the type of the cell, in CSV by an
    apostrophe before it. Whole numbers and decimals stay numbers.
    """
    counted = _counted(rows, count)
    if form is SheetForm.XLSX:
        write_sheets(file, "Rows", titles, counted, count)
        return
    with file.open("w", encoding="utf-8", newline="") as out:
        write_csv(out, titles, counted)


def write_sheets(file: Path, name: str, titles: Sequence[str], rows: Iterable[Row], count: int) -> None:
    """As many sheets as are needed. This is the only function that knows the library, which is young."""
    rest = iter(rows)
    needed = max(1, -(-count // SHEET_ROWS_MAX))
    names = [name] if needed == 1 else [f"{name} {place}" for place in range(1, needed + 1)]
    write_worksheets(
        [(sheet, _records(titles, islice(rest, SHEET_ROWS_MAX))) for sheet in names],
        file,
        freeze_panes={"general": {"row": 1, "col": 0}},
        column_widths={"general": dict.fromkeys(titles, COLUMN_WIDTH)} if count else {},  # it warns of empty sheets
        ignore_errors={"general": list(titles)},  # digits as text are meant: no green corners
        bold_headers=True,
    )
    next(rest, None)  # lets the count be checked


def _records(titles: Sequence[str], rows: Iterator[Row]) -> Iterator[dict[str, Cell]]:
    for row in rows:
        yield dict(zip(titles, row, strict=True))


def _counted(rows: Iterable[Row], count: int) -> Iterator[Row]:
    written = 0
    for row in rows:
        written += 1
        yield row
    if written != count:
        raise RowsMiscounted(f"{written} rows came instead of {count}: run this again.")
