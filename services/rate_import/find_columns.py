"""Find which column of a sheet is what: by its headings, which may stand below a letterhead, or by what the cells hold.

The operator may say otherwise, and the sender's choice of last time comes before any guess.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.rate_import.code_columns import split_codes
from services.rate_import.headings import Column, fits, plain
from services.rate_import.refusals import FileRefused
from services.rate_import.sheet import Sheet, SheetRow

HEADINGS_WITHIN: Final = 60  # rows: letterheads with addresses and terms are long
SAMPLED: Final = 300
SHARE: Final = 80  # percent of the cells that must look like it
CODE_CELL: Final = re.compile(r"[+0-9][0-9\s,;/+-]*(?:\.0+)?")
PRICE_CELL: Final = re.compile(r"[^0-9A-Za-z]*[0-9]{1,4}[.,][0-9]{1,12}[^0-9A-Za-z]*")
INCREMENTS_CELL: Final = re.compile(r"[0-9]{1,3}\s*[/+]\s*[0-9]{1,3}")
DATE_CELL: Final = re.compile(r"[0-9]{1,4}[-/.][0-9A-Za-z]{1,3}[-/.][0-9]{1,4}.*")
NAME_CELL: Final = re.compile(r".*?[^\W\d_]{2}.*")


@dataclass(frozen=True, slots=True)
class Columns:
    """`places` by column; `header_row` is the number of the row of headings, None without one."""

    places: dict[Column, int]
    header_row: int | None
    headings: list[str]
    notes: list[str] = field(default_factory=list)

    def by_heading(self) -> dict[str, str]:
        """To be remembered: heading, or number of the column where there are no headings, and what it holds."""
        found = {}
        for column, place in self.places.items():
            heading = self.headings[place] if place < len(self.headings) else ""
            found[heading or str(place + 1)] = column.value
        return found


def find_columns(sheet: Sheet, remembered: Mapping[str, str], asked: Mapping[str, str]) -> Columns:
    """`asked` and `remembered` say by heading, or by number from 1, what a column holds. Raises FileRefused."""
    header = _header(sheet.rows[:HEADINGS_WITHIN], {**remembered, **asked})
    headings = list(header.cells) if header is not None else []
    notes: list[str] = []
    places = _told(headings, remembered, _width(sheet), is_needed=False)
    if remembered and places is not None and _is_enough(places):
        notes.append("The columns are those of this sender's last file.")
    else:
        if remembered:
            notes.append("The headings are not those of this sender's last file: the columns were found anew.")
        places = _by_content(sheet.rows[:SAMPLED]) if header is None else _by_headings(headings)
        if header is not None and not {Column.CODE.value, Column.AREA_CODE.value} & set(asked.values()):
            places = split_codes(places, [row for row in sheet.rows if row.number > header.number])
    told = _told(headings, asked, _width(sheet), is_needed=True) or {}
    ignored = {_place(headings, name, _width(sheet)) for name, what in asked.items() if what == Column.IGNORED.value}
    places = {c: p for c, p in places.items() if c not in told and p not in told.values() and p not in ignored} | told
    if header is None:
        notes.append("There are no headings: the columns were told by what the cells hold. Look twice.")
    _refuse_missing(places, headings)
    unread = [
        heading for place, heading in enumerate(headings) if heading and place not in {*places.values(), *ignored}
    ]
    if unread:
        notes.append(f"Columns that are not read: {', '.join(unread)}.")
    return Columns(places, None if header is None else header.number, headings, notes)


def _header(rows: Sequence[SheetRow], known: Mapping[str, str]) -> SheetRow | None:
    """The first row with the most headings that are known; it has several cells and no figures."""
    names = {plain(name) for name in known}
    best, most = None, 0
    for row in rows:
        filled = [cell for cell in row.cells if cell]
        found = sum(1 for cell in filled if plain(cell) in names or fits(cell))
        has_figures = any(PRICE_CELL.fullmatch(cell) or CODE_CELL.fullmatch(cell) for cell in filled)
        if found > most and len(filled) > 1 and not has_figures:
            best, most = row, found
    return best


def _by_headings(headings: Sequence[str]) -> dict[Column, int]:
    """Each column gets the heading that fits it best, each heading one column."""
    offers = sorted(
        (rank, place, column)
        for place, heading in enumerate(headings)
        if heading
        for column, rank in fits(heading).items()
    )
    places: dict[Column, int] = {}
    for _, place, column in offers:
        if column not in places and place not in places.values():
            places[column] = place
    if Column.AREA_CODE in places and Column.COUNTRY_CODE not in places and Column.CODE not in places:
        places[Column.CODE] = places.pop(Column.AREA_CODE)
    return places


def _by_content(rows: Sequence[SheetRow]) -> dict[Column, int]:
    width = max(len(row.cells) for row in rows)
    cells = {place: [row.cells[place] for row in rows if place < len(row.cells)] for place in range(width)}
    filled = {place: [cell for cell in some if cell] for place, some in cells.items()}
    places: dict[Column, int] = {}
    for column, shape in (
        (Column.INCREMENTS, INCREMENTS_CELL),
        (Column.VALID_FROM, DATE_CELL),
        (Column.PRICE, PRICE_CELL),
        (Column.CODE, CODE_CELL),
        (Column.DESTINATION, NAME_CELL),
    ):
        fitting = [
            place
            for place, some in filled.items()
            if some and place not in places.values() and _share(some, shape) >= SHARE
        ]
        if fitting:
            places[column] = max(fitting, key=lambda place: (len(set(filled[place])), -place))
    return places


def _share(cells: Sequence[str], shape: re.Pattern[str]) -> int:
    return sum(100 for cell in cells if shape.fullmatch(cell)) // len(cells)


def _told(headings: Sequence[str], told: Mapping[str, str], width: int, *, is_needed: bool) -> dict[Column, int] | None:
    """Where the named columns are; None where one of a sender's is missing."""
    places: dict[Column, int] = {}
    for name, what in told.items():
        place = _place(headings, name, width)
        if place is None:
            if is_needed:
                raise FileRefused(f"There is no column {name!r}. There are: {', '.join(filter(None, headings))}.")
            return None
        if what not in set(Column):
            raise FileRefused(f"{what!r} is nothing that a column can hold. Choose of: {', '.join(Column)}.")
        if what != Column.IGNORED.value:
            places[Column(what)] = place
    return places


def _place(headings: Sequence[str], name: str, width: int) -> int | None:
    for place, heading in enumerate(headings):
        if heading and (heading == name or plain(heading) == plain(name) != ""):
            return place
    return int(name) - 1 if name.isascii() and name.isdigit() and 1 <= int(name[:4]) <= width else None


def _width(sheet: Sheet) -> int:
    return max(len(row.cells) for row in sheet.rows)


def _is_enough(places: Mapping[Column, int]) -> bool:
    return Column.PRICE in places and (Column.CODE in places or Column.COUNTRY_CODE in places)


def _refuse_missing(places: Mapping[Column, int], headings: Sequence[str]) -> None:
    found = ", ".join(repr(heading) for heading in headings if heading) or "no headings"
    if Column.CODE not in places and Column.COUNTRY_CODE not in places:
        raise FileRefused(f"No column of dialling codes was found ({found}): name it by --map COLUMN=code.")
    if Column.PRICE not in places:
        raise FileRefused(
            f"No column of prices per minute was found ({found}): name it by --map COLUMN={Column.PRICE.value}."
        )
