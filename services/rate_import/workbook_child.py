"""Read a spreadsheet in a process of its own, within limits of memory and time, and write its rows as JSON lines.

A workbook can ask for more memory than a machine has (one cell at A1, one at XFD1048576): then only this process ends.
Run: python -m services.rate_import.workbook_child FILE [SHEET]
"""

import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MEMORY_MAX: Final = 3 * 1024**3
CPU_SECONDS_MAX: Final = 120
CELLS_MAX: Final = 20_000_000
ROWS_TOLD: Final = 1_000  # in one line of JSON


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    file, wanted = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    with CalamineWorkbook.from_path(file) as book:
        _tell(book, wanted)


def _tell(book: CalamineWorkbook, wanted: str | None) -> None:
    """First the name of the sheet and of the others, then its rows. Unasked it is the visible one with most rows."""
    visible = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible
    ]
    names = [name for name in book.sheet_names if name == wanted] if wanted is not None else visible
    sheets = [book.get_sheet_by_name(name) for name in names]
    if not sheets:
        _write({"name": None, "others": visible})
        return
    sheet = max(sheets, key=lambda sheet: sheet.height)
    _write({"name": sheet.name, "others": [name for name in visible if name != sheet.name], "height": sheet.height})
    if sheet.height * sheet.width > CELLS_MAX:
        raise SystemExit(f"more than {CELLS_MAX} cells")
    _write_rows(sheet)


def _write_rows(sheet: CalamineSheet) -> None:
    """Numbered as the program of the sender shows them."""
    some: list[tuple[int, list[str]]] = []
    merged = _Merged(sheet)
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells = merged.filled(number, [_cell(value) for value in row])
        if any(cells):
            some.append((number, cells))
        if len(some) == ROWS_TOLD:
            _write(some)
            some = []
    _write(some)


class _Merged:
    """Cells that are one over several rows: what stands in the first row is said of each of them (a country beside
    its codes, a date beside its prices). Titles that are one over several columns stay where they are.
    """

    def __init__(self, sheet: CalamineSheet) -> None:
        from_column = (sheet.start or (0, 0))[1]
        self._begin: dict[int, list[tuple[int, int]]] = {}
        self._said: dict[int, tuple[int, str]] = {}  # by column: until which row, and what
        for (first, column), (last, _) in sheet.merged_cell_ranges or ():
            if last > first and column >= from_column:
                self._begin.setdefault(first + 1, []).append((column - from_column, last + 1))

    def filled(self, number: int, cells: list[str]) -> list[str]:
        for column, last in self._begin.get(number, ()):
            if column < len(cells):
                self._said[column] = (last, cells[column])
        if self._said:
            self._said = {column: said for column, said in self._said.items() if said[0] >= number}
            for column, (_, cell) in self._said.items():
                cells[column] = cells[column] or cell
        return cells


def _cell(value: Any) -> str:  # noqa: ANN401 (what calamine gives)
    """n: a number with the 15 digits that Excel knows; d: a moment; s: text."""
    match value:
        case str():
            return f"s{stripped}" if (stripped := value.strip()) else ""
        case bool():
            return "sTRUE" if value else "sFALSE"
        case datetime() | date():
            return f"d{value.isoformat()}"
        case time() | timedelta() | None:
            return "" if value is None else f"s{value}"
        case _:
            return f"n{value:.15g}"


def _write(told: Any) -> None:  # noqa: ANN401 (whatever JSON can hold)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
