"""Read the CSV of another system: bounded, by any of its delimiters, every refusal with its line and never with a
value (F26).
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BYTES_MAX: Final = 32 * 1024 * 1024
ROWS_MAX: Final = 100_000  # one transaction writes them all; larger stocks come in several files
CELL_MAX: Final = 1_000
REFUSALS_KEPT_MAX: Final = 100
DELIMITERS: Final = (",", ";", "\t")
SPREADSHEETS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class LineRefused:
    """What is wrong where; `line` is None for what concerns the whole file. No value of a cell stands in it."""

    line: int | None
    field: str | None
    sentence: str

    def __str__(self) -> str:
        place = [f"line {self.line}"] if self.line is not None else []
        place += [self.field] if self.field is not None else []
        return f"{', '.join(place)}: {self.sentence}" if place else self.sentence


class ImportRefused(Exception):
    """Nothing is imported. `refusals` are the first ones of `count`."""

    def __init__(self, refusals: list[LineRefused]) -> None:
        self.refusals = sorted(refusals, key=lambda refusal: refusal.line or 0)[:REFUSALS_KEPT_MAX]
        self.count = len(refusals)
        super().__init__(f"{self.count} refusals; the first: {self.refusals[0]}")

    @classmethod
    def whole(cls, sentence: str) -> "ImportRefused":
        return cls([LineRefused(None, None, sentence)])


@dataclass(frozen=True, slots=True)
class TableLine:
    """The cells of one line, by the names of their columns in small letters."""

    number: int
    cells: Mapping[str, str]


def read_table(file: Path, needed: tuple[str, ...]) -> Iterator[TableLine]:
    """The lines below the titles, blank ones left out."""
    text = _text(file)
    first_line = text[: text.find("\n") if "\n" in text else len(text)]
    delimiter = max(DELIMITERS, key=first_line.count)
    titles: list[str] | None = None
    rows = 0
    for number, row in _rows(text, delimiter):
        if not any(cell.strip() for cell in row):
            continue
        if titles is None:
            titles = _titles(row, needed)
            continue
        rows += 1
        if rows > ROWS_MAX:
            raise ImportRefused.whole(f"The file has more than {ROWS_MAX} cards: split it.")
        yield _line(number, titles, row)
    if titles is None:
        raise ImportRefused.whole("The file is empty.")


def _text(file: Path) -> str:
    """Cells that matter are digits and ASCII words, so that letters of an unknown encoding do no harm."""
    with file.open("rb") as source:
        content = source.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        raise ImportRefused.whole(f"The file is larger than {BYTES_MAX // 1024**2} MB: split it.")
    if content.startswith(SPREADSHEETS):
        raise ImportRefused.whole(
            "This is a spreadsheet: import the CSV as the other system wrote it. A spreadsheet drops leading zeros and "
            "rounds long numbers, so that PINs would be lost."
        )
    if content.startswith(UTF_16):
        raise ImportRefused.whole("The file is in UTF-16: save it as UTF-8.")
    return content.decode("utf-8-sig", errors="replace")


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its last line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            break
        if row is None:
            return
        yield reader.line_num, row
    # Outside of the handler: csv's own message is not kept, since it may hold a part of the line.
    refusal = LineRefused(reader.line_num, None, "this is no line of a CSV file: are its quotes closed?")
    raise ImportRefused([refusal])


def _titles(row: list[str], needed: tuple[str, ...]) -> list[str]:
    titles = [title.strip().lower() for title in row]
    missing = [title for title in needed if title not in titles]
    if missing:
        raise ImportRefused.whole(f"The file has no column {', '.join(missing)}: its first line must hold the titles.")
    twice = [title for title in needed if titles.count(title) > 1]
    if twice:
        raise ImportRefused.whole(f"The column {twice[0]} stands there twice.")
    return titles


def _line(number: int, titles: list[str], row: list[str]) -> TableLine:
    if len(row) != len(titles):
        raise ImportRefused([LineRefused(number, None, f"{len(row)} cells under {len(titles)} titles.")])
    if any(len(cell) > CELL_MAX for cell in row):
        raise ImportRefused([LineRefused(number, None, f"a cell is longer than {CELL_MAX} characters.")])
    return TableLine(number, dict(zip(titles, (cell.strip() for cell in row), strict=True)))
