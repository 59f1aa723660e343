"""Filters of lists: a word of a fixed set, a row of another table, a day, an amount."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from flask import current_app
from flask_admin.model.filters import BaseFilter
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, bindparam

from admin_web.forms.amounts import read_amount
from billing.money import MoneyTextRefused
from billing.part_of_number import PartTooCommon, serials_with_part
from models import Card, CardSeries
from web_base.formats import spoken
from web_base.texts import gettext, translated

NUMBER_MAX = 2**31 - 1
NUMBER_DIGITS_MAX = 18
PART_FOUND_MAX = 10_000  # cards that an index looks up one by one; a smaller series may be asked for any digit
Rows = Select[*tuple[Any, ...]]


class WordFilter(BaseFilter):
    """One word of an enum."""

    def __init__(self, key: str, label: str, column: SQLColumnExpression[Any], words: type[StrEnum]) -> None:
        super().__init__(label, options=lambda: [(word.value, spoken(word.value)) for word in words], key_name=key)
        self.column = column
        self.words = words

    def clean(self, value: str) -> StrEnum:
        return self.words(value)

    def apply(self, query: Rows, value: Any, alias: Any = None) -> Rows:  # noqa: ANN401 (as BaseFilter has it)
        del alias
        return query.where(self.column == value)


class ChoiceFilter(BaseFilter):
    """The id of a row of another table; `choices` gives ids and names when the page is drawn."""

    def __init__(
        self, key: str, label: str, column: SQLColumnExpression[Any], choices: Callable[[], Iterable[tuple[int, str]]]
    ) -> None:
        super().__init__(label, options=lambda: [(str(row_id), name) for row_id, name in choices()], key_name=key)
        self.column = column

    def clean(self, value: str) -> int:
        return int(value)

    def apply(self, query: Rows, value: Any, alias: Any = None) -> Rows:  # noqa: ANN401
        del alias
        return query.where(self.column == value)


class TextFilter(BaseFilter):
    """A text that is equal, whatever its case is (`exact`), or one that begins so."""

    def __init__(self, key: str, label: str, column: SQLColumnExpression[Any], *, exact: bool = False) -> None:
        super().__init__(label, key_name=key)
        self.column = column
        self.exact = exact

    def clean(self, value: str) -> str:
        return value.strip()[:80]

    def apply(self, query: Rows, value: Any, alias: Any = None) -> Rows:  # noqa: ANN401
        del alias
        return query.where(self.column == value if self.exact else begins_with(self.column, value))


class PartFilter(BaseFilter):
    """Digits anywhere in the number of a card of the series that is shown, found by arithmetic (JC-52)."""

    def __init__(self, key: str, label: str, series: Callable[[], CardSeries]) -> None:
        super().__init__(label, key_name=key)
        self.series = series

    def clean(self, value: str) -> list[int]:
        digits = value.replace("-", "").replace(" ", "")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= NUMBER_DIGITS_MAX):
            raise ValueError("no digits")
        one = self.series()
        serials = range(one.first_serial, one.first_serial + one.quantity)
        return serials_with_part(one.number, serials, digits, PART_FOUND_MAX)

    def why(self, value: str) -> str | None:
        """What is wrong with a value, where there is more to say than that it cannot be read."""
        try:
            self.clean(value)
        except PartTooCommon as refused:
            return translated(refused)
        except ValueError:
            return gettext("A part of a card's number is digits, at most %(most)s.", most=NUMBER_DIGITS_MAX)
        return None

    def apply(self, query: Rows, value: Any, alias: Any = None) -> Rows:  # noqa: ANN401
        del alias
        return query.where(Card.serial.in_(bindparam(None, value, expanding=True, literal_execute=True)))


class NumberFilter(BaseFilter):
    """A whole number that is equal."""

    def __init__(self, key: str, label: str, column: SQLColumnExpression[Any]) -> None:
        super().__init__(label, data_type="number", key_name=key)
        self.column = column

    def clean(self, value: str) -> int:
        number = int(value)
        if not 0 <= number <= NUMBER_MAX:
            raise ValueError("too large")
        return number

    def apply(self, query: Rows, value: Any, alias: Any = None) -> Rows:  # noqa: ANN401
        del alias
        return query.where(self.column == value)


class DayFilter(BaseFilter):
    """From the beginning of a day, or (`ends`) until the end of one, in the platform's zone."""

    def __init__(self, key: str, label: str, column: SQLColumnExpression[Any], *, ends: bool = False) -> None:
        super().__init__(label, data_type="date", key_name=key)
        self.column = column
        self.ends = ends

    def clean(self, value: str) -> date:
        return date.fromisoformat(value)

    def apply(self, query: Rows, value: Any, alias: Any = None) -> Rows:  # noqa: ANN401
        del alias
        zone: tzinfo = current_app.config["ZONE"]
        begin = datetime.combine(value + timedelta(days=self.ends), time(), zone)
        return query.where(self.column < begin if self.ends else self.column >= begin)


class AmountFilter(BaseFilter):
    """An amount that is reached at least, or (`most`) at most."""

    def __init__(self, key: str, label: str, column: SQLColumnExpression[Any], *, most: bool = False) -> None:
        super().__init__(label, data_type="number", key_name=key)
        self.column = column
        self.most = most

    def clean(self, value: str) -> int:
        try:
            return read_amount(value, negative_allowed=True)
        except MoneyTextRefused as refused:
            raise ValueError(str(refused)) from refused

    def apply(self, query: Rows, value: Any, alias: Any = None) -> Rows:  # noqa: ANN401
        del alias
        return query.where(self.column <= value if self.most else self.column >= value)


def begins_with(column: SQLColumnExpression[Any], text: str) -> ColumnElement[bool]:
    """A range that an index serves, in place of LIKE: '5668' up to before '5669' (console.md 5.1)."""
    if not text:
        return column.is_not(None)
    after = text[:-1] + chr(ord(text[-1]) + 1)
    return (column >= text) & (column < after)
