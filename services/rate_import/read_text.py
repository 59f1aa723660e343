"""CSV of any kind: delimiter and encoding are found, what was assumed is told."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Final

from services.rate_import.refusals import FileRefused
from services.rate_import.sheet import COLUMNS_MAX, ROWS_MAX, Sheet, SheetRow

DELIMITERS: Final = (";", "\t", "|", ",")
NAMES: Final = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}
LOOKED_AT: Final = 200  # lines, to find the delimiter
EXCEL_MARK: Final = "sep="
NUL: Final = 0


def read_text(content: bytes) -> Sheet:
    notes: list[str] = []
    text = _decoded(content, notes).replace("\0", " ")
    lines = text[: 512 * LOOKED_AT].splitlines()[:LOOKED_AT]
    delimiter = _delimiter(lines)
    notes.append(f"Read as text with {NAMES[delimiter]} between the cells.")
    return Sheet(None, list(_rows(text, delimiter)), notes)


def _decoded(content: bytes, notes: list[str]) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _utf_16(content, "utf-16")
    head = content[:4_000]
    if head.count(NUL) * 3 > len(head):  # UTF-16 without its mark: every second byte of digits is 0
        return _utf_16(content, "utf-16-le" if head[1::2].count(NUL) > head[::2].count(NUL) else "utf-16-be")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        notes.append("The file is not UTF-8: its letters were read as Latin-1 (ISO 8859-1). Look at the names.")
        return content.decode("latin-1")


def _utf_16(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise FileRefused("The file begins as UTF-16 and goes on as something else: save it as UTF-8.") from None


def _delimiter(lines: list[str]) -> str:
    """The one that gives most lines the same number of cells, and of two the one with more cells."""
    if lines and lines[0].lower().startswith(EXCEL_MARK) and lines[0][len(EXCEL_MARK) :] in DELIMITERS:
        return lines[0][len(EXCEL_MARK) :]
    return max(DELIMITERS, key=lambda delimiter: _evenness(lines, delimiter))


def _evenness(lines: list[str], delimiter: str) -> tuple[int, int]:
    try:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if len(row) > 1)
    except csv.Error:
        return 0, 0
    return max(((count, width) for width, count in widths.items()), default=(0, 0))


def _rows(text: str, delimiter: str) -> Iterator[SheetRow]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begins, kept = 1, 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            raise FileRefused(
                f"Line {begins} is no line of a CSV file: a quotation mark is opened there and never closed."
            ) from None
        if cells is None:
            return
        number, begins = begins, reader.line_num + 1
        if not any(cells) or (number == 1 and cells[0].lower().startswith(EXCEL_MARK)):
            continue
        kept += 1
        if kept > ROWS_MAX:
            raise FileRefused(f"The file has more than {ROWS_MAX} lines: split it.")
        if len(cells) > COLUMNS_MAX:
            raise FileRefused(f"Line {number} has {len(cells)} cells, more than {COLUMNS_MAX}: is this a rate list?")
        yield SheetRow(number, [cell.strip() for cell in cells])
