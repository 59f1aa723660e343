"""Cells that no spreadsheet runs: one way to write CSV for console, portal and command line (reliability.md 15)."""

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import IO, Any, Final

HARMLESS: Final = frozenset({int, Decimal, type(None)})  # csv writes these as they are, None as an empty cell
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\0")


def safe_cell(value: Any) -> Any:  # noqa: ANN401 (a column's value)
    """Text that a spreadsheet would take for a formula gets a leading apostrophe. Numbers stay numbers, so that a
    negative amount is no text.
    """
    if type(value) is str:  # most cells of a million rows
        return f"'{value}" if value.startswith(DANGEROUS) else value
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(DANGEROUS):
        return f"'{value}"
    return "" if value is None else value


def write_csv(out: IO[str], titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write the titles and the rows, as many as come; the number of rows."""
    # RFC 4180's line end also makes the writer quote a bare CR: unquoted it begins a new row, whose text may run.
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(titles)
    written = 0
    for row in rows:
        writer.writerow([value if type(value) in HARMLESS else safe_cell(value) for value in row])
        written += 1
    return written
