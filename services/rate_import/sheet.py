"""A sheet as it was read: numbered rows of texts, whatever kind of file it came from, and the limits of all kinds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

BYTES_MAX: Final = 64 * 1024**2
ROWS_MAX: Final = 500_000  # the largest lists of carriers have some 250,000
COLUMNS_MAX: Final = 100
CELL_MAX: Final = 20_000  # a country's dialling codes in one cell are long

Progress = Callable[[int, int], None]  # done, total


class SheetNumber(str):
    """A number of a spreadsheet, written with a decimal point: no guess about its commas is needed."""

    __slots__ = ()


class SheetMoment(str):
    """A date cell of a spreadsheet in ISO's spelling: no guess about the order of day and month is needed."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SheetRow:
    number: int  # as the sender's own program shows it
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """`notes` tell what was assumed."""

    name: str | None
    rows: list[SheetRow]
    notes: list[str] = field(default_factory=list)
    other_names: tuple[str, ...] = ()


def nothing_shown(_done: int, _total: int) -> None:
    """The progress of who does not look."""
