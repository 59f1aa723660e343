"""What a report is asked: by what, of which days and calls. Which cube of the rollup can answer follows from that."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from models import Cube

ROWS_DEFAULT: Final = 1_000  # more than anyone reads; a file or a program may ask for more
ROWS_MAX: Final = 200_000
DAYS_MAX: Final = 3_700  # ten years


class By(StrEnum):
    """What the figures are told apart by."""

    DAY = "day"
    DESTINATION = "destination"
    CARRIER = "carrier"
    SERIES = "series"
    ACCESS_NUMBER = "access_number"
    ACCOUNT = "account"  # the originator of calls without a card
    CLIENT = "client"  # whose account that is


CUBES_THAT_KNOW: Final[dict[By, frozenset[Cube]]] = {
    By.DAY: frozenset(Cube),
    By.DESTINATION: frozenset({Cube.ROUTE, Cube.PRODUCT, Cube.ENTRY}),
    By.CARRIER: frozenset({Cube.ROUTE, Cube.TRADE}),
    By.SERIES: frozenset({Cube.SOURCE, Cube.TRADE, Cube.PRODUCT}),
    By.ACCESS_NUMBER: frozenset({Cube.SOURCE, Cube.TRADE, Cube.ENTRY}),
    By.ACCOUNT: frozenset({Cube.SOURCE, Cube.TRADE, Cube.PRODUCT}),
    By.CLIENT: frozenset({Cube.SOURCE, Cube.TRADE, Cube.PRODUCT}),
}


class ReportRefused(ValueError):
    """This cannot be reported; the sentence says what to ask instead."""


@dataclass(frozen=True, slots=True)
class ReportTerms:
    """`only` narrows to the calls of one value of a dimension; tags are those that the accounts have now. With
    `rows_max` the first rows only.
    """

    by: tuple[By, ...]
    first: date
    last: date
    only: dict[By, str] = field(default_factory=dict)
    carrier_tag: str | None = None
    originator_tag: str | None = None
    rows_max: int | None = None

    def cube(self) -> Cube | None:
        """The smallest; None: no cube knows all of it, so the calls themselves must be summed."""
        known = frozenset(Cube)
        for dimension in {*self.by, *self.only}:
            known &= CUBES_THAT_KNOW[dimension]
        if self.carrier_tag is not None:
            known &= CUBES_THAT_KNOW[By.CARRIER]
        if self.originator_tag is not None:
            known &= CUBES_THAT_KNOW[By.ACCOUNT]
        return min(known, key=list(Cube).index, default=None)

    def check(self) -> None:
        days = (self.last - self.first).days + 1
        if days < 1:
            raise ReportRefused(f"The last day, {self.last}, is before the first, {self.first}: exchange them.")
        if days > DAYS_MAX:
            raise ReportRefused(f"That are {days} days: ask for at most {DAYS_MAX}.")
