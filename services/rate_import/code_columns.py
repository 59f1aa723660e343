"""Whether a column of codes beside one of country codes holds whole codes or only what follows: its cells tell.

Headings do not: under "Country Code" and "Code" some carriers write 44 and 4420, others 44 and 20.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from services.rate_import.code_cells import codes_of
from services.rate_import.headings import Column
from services.rate_import.refusals import CellRefused, FileRefused
from services.rate_import.sheet import SheetRow

LOOKED_AT: Final = 1_000
WHOLE_PERCENT: Final = 80  # Kazakhstan's areas begin with its country's code, as those of Russia do not
AREA_PERCENT: Final = 20


def split_codes(places: Mapping[Column, int], rows: Sequence[SheetRow]) -> dict[Column, int]:
    """The columns, without the country's where the codes are whole. Raises FileRefused where it cannot be told."""
    if Column.CODE not in places or Column.COUNTRY_CODE not in places or Column.AREA_CODE in places:
        return dict(places)
    rest = {column: place for column, place in places.items() if column not in (Column.CODE, Column.COUNTRY_CODE)}
    code, country = places[Column.CODE], places[Column.COUNTRY_CODE]
    some = rows[:: len(rows) // LOOKED_AT + 1]
    told = [whole for row in some if (whole := _begins_with_country(row.cells, country, code)) is not None]
    percent = sum(told) * 100 // len(told) if told else 100
    if percent >= WHOLE_PERCENT:
        return rest | {Column.CODE: code}
    if percent <= AREA_PERCENT:
        return rest | {Column.COUNTRY_CODE: country, Column.AREA_CODE: code}
    raise FileRefused(
        "It cannot be told whether the codes are whole or follow the country's code: some begin with it, some do not. "
        "Say --map COLUMN=code for whole codes (and --map COLUMN=ignore for the country's), or --map COLUMN=area_code."
    )


def _begins_with_country(cells: Sequence[str], country: int, code: int) -> bool | None:
    """None where a cell is empty or no code."""
    if max(country, code) >= len(cells):
        return None
    try:
        heads, codes = codes_of(cells[country]), codes_of(cells[code].lstrip("0"))
    except CellRefused:
        return None
    return codes[0].startswith(heads[0])
