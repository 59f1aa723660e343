"""Step one of an import: a sheet as rates; refused lines with their reasons, doubles merged, contradictions refused."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final

from services.rate_import.date_cells import DateOrder, DateReader, date_order
from services.rate_import.find_columns import Columns
from services.rate_import.headings import Column
from services.rate_import.line_reader import FEES, FileRate, LineReader
from services.rate_import.price_cells import DecimalSign, PriceReader, decimal_sign, refuse_currency, says_cents
from services.rate_import.refusals import CellRefused, FileRefused, Reason, RefusedLine
from services.rate_import.sheet import CELL_MAX, Progress, Sheet, SheetRow, nothing_shown

RATES_MAX: Final = 1_000_000  # after lists and ranges are written out
PROGRESS_EVERY: Final = 5_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How the file is to be understood; what is None is found out. `currency` is the rate table's."""

    currency: str
    zone: tzinfo
    dates: DateOrder | None = None
    decimal: DecimalSign | None = None
    ghost_above_100_allowed: bool = False


@dataclass(slots=True)
class FileRates:
    """`refused_codes` are codes of refused lines: nothing is known of them, so that nothing of theirs may end."""

    rates: list[FileRate]
    refused: list[RefusedLine]
    refused_codes: set[str] = field(default_factory=set)
    duplicates: int = 0
    remarks: int = 0  # lines of text below or between the rates
    notes: list[str] = field(default_factory=list)


def read_rates(sheet: Sheet, columns: Columns, reading: Reading, progress: Progress = nothing_shown) -> FileRates:
    """Raises FileRefused for what cannot be decided line by line."""
    rows = [row for row in sheet.rows if columns.header_row is None or row.number > columns.header_row]
    found = FileRates([], [])
    reader = _reader(rows, columns, reading, found)
    for place, row in enumerate(rows, 1):
        if place % PROGRESS_EVERY == 0:
            progress(place, len(rows))
        _read(row, reader, found)
        if len(found.rates) > RATES_MAX:
            raise FileRefused(f"The lists and ranges of the file hold more than {RATES_MAX} codes: split it.")
    finer = reader.prices.rounded_up
    if finer:
        found.notes.append(f"{finer} prices were finer than a millionth: rounded up to it.")
    if not found.rates and not found.refused:
        raise FileRefused("There is no rate in the file.")
    _merge(found)
    progress(len(rows), len(rows))
    return found


def _reader(rows: list[SheetRow], columns: Columns, reading: Reading, found: FileRates) -> LineReader:
    places = columns.places
    dated = [places[column] for column in (Column.VALID_FROM, Column.VALID_UNTIL) if column in places]
    priced = [places[column] for column in (Column.PRICE, *FEES) if column in places]
    order = reading.dates or date_order(_cells(rows, dated))
    sign = reading.decimal or decimal_sign(_cells(rows, priced))
    if sign is DecimalSign.COMMA:
        found.notes.append("Prices have a decimal comma.")
    if dated and order is DateOrder.MONTH_FIRST:
        found.notes.append("Dates have the month first.")
    heading = columns.headings[places[Column.PRICE]] if places[Column.PRICE] < len(columns.headings) else ""
    refuse_currency(heading, reading.currency)
    prices = PriceReader(reading.currency, sign, is_cents=says_cents(heading))
    if prices.is_cents:
        found.notes.append(f"Prices are in hundredths, as the heading {heading!r} says.")
    fees, dates = PriceReader(reading.currency, sign), DateReader(reading.zone, order)
    allowed = reading.ghost_above_100_allowed
    return LineReader.made(columns, prices, fees, dates, ghost_above_100_allowed=allowed)


def _cells(rows: Iterable[SheetRow], places: list[int]) -> Iterator[str]:
    return (row.cells[place] for row in rows for place in places if place < len(row.cells))


def _read(row: SheetRow, reader: LineReader, found: FileRates) -> None:
    filled = [cell for cell in row.cells if cell]
    if len(filled) <= 1 and any(character.isalpha() for cell in filled for character in cell):
        found.remarks += 1
        return
    if any(len(cell) > CELL_MAX for cell in filled):
        sentence = f"a cell is longer than {CELL_MAX} characters."
        found.refused.append(RefusedLine(row.number, Reason.SHAPE, sentence))
        return
    try:
        found.rates += reader.rates(row.number, row.cells)
    except CellRefused as refused:
        found.refused.append(RefusedLine(row.number, refused.reason, refused.sentence))
        if refused.reason is not Reason.CODE:
            found.refused_codes.update(_codes(reader, row))


def _codes(reader: LineReader, row: SheetRow) -> list[str]:
    try:
        return reader.codes(row.cells)
    except CellRefused:
        return []


def _merge(found: FileRates) -> None:
    """Lines that say the same are one; lines of one code and moment that differ are refused, all of them."""
    seen: dict[tuple[object, ...], FileRate] = {}
    wrong: dict[tuple[object, ...], list[FileRate]] = {}
    for rate in found.rates:
        key: tuple[object, ...] = (rate.prefix, rate.hours, rate.valid_from)
        before = seen.setdefault(key, rate)
        if before is rate:
            continue
        if (before.given, before.valid_until, before.ends) == (rate.given, rate.valid_until, rate.ends):
            found.duplicates += 1
        else:
            wrong.setdefault(key, [before]).append(rate)
    for key, rates in wrong.items():
        del seen[key]
        lines = sorted({rate.line for rate in rates})
        told = " and ".join(map(str, lines[:5]))
        found.refused_codes.add(rates[0].prefix)
        for line in lines:
            sentence = f"code {rates[0].prefix}: lines {told} say different things of it: keep one."
            found.refused.append(RefusedLine(line, Reason.CONTRADICTION, sentence))
    found.rates = list(seen.values())
    found.refused.sort(key=lambda refusal: refusal.line)
