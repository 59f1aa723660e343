"""Read the cells of one line as a rate: which codes, from when, at which terms; or that codes have none any more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from services.rate_import.code_cells import codes_of, codes_of_two
from services.rate_import.date_cells import DateReader
from services.rate_import.find_columns import Columns
from services.rate_import.headings import Column, plain
from services.rate_import.price_cells import PriceReader
from services.rate_import.refusals import CellRefused, Reason
from services.rate_import.term_cells import (
    days_cell,
    hours_cell,
    increments_cell,
    name_cell,
    percent_cell,
    seconds_cell,
)
from services.rate_import.terms import ALL_WEEK, BLOCKED, MISSING, NAME, PLACES, PRICE, TERM_NAMES, steps_cell
from services.rate_import.word_cells import ChangeWord, change_word, flag

FEES: Final = (Column.CONNECT_FEE, Column.COST_MIN, Column.DISCONNECT_FEE, Column.BLOCK_FEE)
SECONDS: Final = (
    Column.FIRST_BLOCK,
    Column.INCREMENT,
    Column.FREE_SECONDS,
    Column.SURCHARGE_SECONDS,
    Column.DISCONNECT_FEE_AFTER,
    Column.BLOCK_FEE_SECONDS,
    Column.ROUND_UP_ABOVE,
    Column.ROUND_UP_TO,
)
NOWHERE: Final = -1
NO_PRICE: Final = frozenset(map(plain, ("-", "", "tba", "tbd", "n/a", "na")))

Put = Callable[[str, list[Any]], None]


class FileRate(NamedTuple):
    """One code of one line. `given` are its terms, MISSING what it is silent about; `ends`: no rate from then on."""

    line: int
    prefix: str
    hours: tuple[int, int, int]  # days, from_minute, until_minute
    valid_from: datetime | None  # None: from the moment of applying
    valid_until: datetime | None
    given: tuple[Any, ...]
    word: ChangeWord | None
    ends: bool


class Places(NamedTuple):
    """Where the columns are that are no plain terms; NOWHERE for those that the file has not."""

    code: int
    country_code: int
    area_code: int
    country: int
    price: int
    currency: int
    change: int
    valid_from: int
    valid_until: int
    days: int
    hours: int
    from_time: int
    until_time: int


@dataclass(slots=True)
class LineReader:
    """`putters` set the terms of a list at their places, each from the cell of one column."""

    places: Places
    prices: PriceReader
    dates: DateReader
    putters: list[tuple[int, Put]]
    has_hours: bool
    tells_state: bool  # a file without such a column says nothing of what is blocked

    @classmethod
    def made(
        cls,
        columns: Columns,
        prices: PriceReader,
        fees: PriceReader,
        dates: DateReader,
        *,
        ghost_above_100_allowed: bool,
    ) -> "LineReader":
        allowed = ghost_above_100_allowed
        found = [
            (place, _putter(column, fees, ghost_above_100_allowed=allowed)) for column, place in columns.places.items()
        ]
        special = (Column[name.upper()] for name in Places._fields)
        places = Places(*(columns.places.get(column, NOWHERE) for column in special))
        putters = [(place, put) for place, put in found if put is not None]
        has_hours = max(places.days, places.hours, places.from_time, places.until_time) > NOWHERE
        tells_state = places.change > NOWHERE or Column.BLOCKED in columns.places
        return cls(places, prices, dates, putters, has_hours, tells_state)

    def rates(self, line: int, cells: list[str]) -> list[FileRate]:
        """Raises CellRefused; its `codes` are known where the code itself was readable."""
        codes = self.codes(cells)
        if currency := self._cell(cells, self.places.currency):
            self.prices.check_currency(currency.upper().strip("()[] "), "currency")
        word = change_word(self._cell(cells, self.places.change))
        price = self._cell(cells, self.places.price)
        ends = word is ChangeWord.DELETED or change_word(price) is ChangeWord.DELETED
        given: list[Any] = [MISSING] * len(TERM_NAMES)
        if not ends:
            self._put_all(cells, price, word, given)
        valid_from = self._moment(cells, self.places.valid_from)
        valid_until = self._moment(cells, self.places.valid_until)
        if valid_from is not None and valid_until is not None and valid_until <= valid_from:
            raise CellRefused(Reason.DATE, "valid_until: the rate ends before it begins: give a later end.")
        hours, terms = self._hours(cells), tuple(given)
        return [FileRate(line, code, hours, valid_from, valid_until, terms, word, ends) for code in codes]

    def codes(self, cells: list[str]) -> list[str]:
        country = self._cell(cells, self.places.country_code)
        if self.places.country_code == NOWHERE:
            return codes_of(self._cell(cells, self.places.code))
        area = self._cell(cells, self.places.area_code)
        return codes_of_two(country, area) if country or area else codes_of(self._cell(cells, self.places.code))

    def _put_all(self, cells: list[str], price: str, word: ChangeWord | None, given: list[Any]) -> None:
        for place, put in self.putters:
            if place < len(cells):
                put(cells[place], given)
        if given[NAME] is MISSING and (country := self._cell(cells, self.places.country)):
            given[NAME] = name_cell(country)
        price_word = change_word(price)
        is_closed = word is ChangeWord.CLOSED or price_word is ChangeWord.CLOSED
        if is_closed:
            given[BLOCKED] = True
        elif self.tells_state and given[BLOCKED] is MISSING:
            given[BLOCKED] = False
        if not is_closed or (price_word is not ChangeWord.CLOSED and plain(price) not in NO_PRICE):
            given[PRICE] = self._price(price)

    def _price(self, cell: str) -> int:
        if not cell:
            raise CellRefused(Reason.PRICE, "price: there is none: give one.")
        return self.prices.micros(cell, "price")

    def _hours(self, cells: list[str]) -> tuple[int, int, int]:
        if not self.has_hours:
            return ALL_WEEK
        begin, end = self._cell(cells, self.places.from_time), self._cell(cells, self.places.until_time)
        hours = self._cell(cells, self.places.hours) or (f"{begin or '00:00'}-{end or '24:00'}" if begin or end else "")
        return days_cell(self._cell(cells, self.places.days)), *hours_cell(hours)

    def _moment(self, cells: list[str], place: int) -> datetime | None:
        cell = self._cell(cells, place)
        return self.dates.moment(cell, "date") if cell else None

    def _cell(self, cells: list[str], place: int) -> str:
        return cells[place] if NOWHERE < place < len(cells) else ""


def _putter(column: Column, fees: PriceReader, *, ghost_above_100_allowed: bool) -> Put | None:
    if column in FEES:
        return partial(_put_fee, place=PLACES[f"{column.value}_micros"], name=column.value, fees=fees)
    if column in SECONDS:
        return partial(_put_seconds, place=PLACES[column.value], name=column.value)
    special: dict[Column, Put] = {
        Column.DESTINATION: _put_name,
        Column.INCREMENTS: _put_increments,
        Column.STEPS: _put_steps,
        Column.GHOST: partial(_put_percent, above_100_allowed=ghost_above_100_allowed),
        Column.BLOCKED: _put_flag,
    }
    return special.get(column)


def _put_fee(cell: str, given: list[Any], *, place: int, name: str, fees: PriceReader) -> None:
    if plain(cell) not in NO_PRICE:
        given[place] = fees.micros(cell, name)


def _put_seconds(cell: str, given: list[Any], *, place: int, name: str) -> None:
    if cell:
        given[place] = seconds_cell(cell, name, int(name == Column.INCREMENT.value))


def _put_name(cell: str, given: list[Any]) -> None:
    if name := name_cell(cell):
        given[NAME] = name


def _put_increments(cell: str, given: list[Any]) -> None:
    if cell:
        first, increment = increments_cell(cell)
        given[PLACES["first_block_seconds"]], given[PLACES["increment_seconds"]] = first, increment


def _put_steps(cell: str, given: list[Any]) -> None:
    given[PLACES["steps"]] = steps_cell(cell)


def _put_percent(cell: str, given: list[Any], *, above_100_allowed: bool) -> None:
    given[PLACES["ghost_minutes_percent"]] = percent_cell(cell, above_100_allowed=above_100_allowed)


def _put_flag(cell: str, given: list[Any]) -> None:
    if cell:
        given[BLOCKED] = flag(cell, Column.BLOCKED.value)
