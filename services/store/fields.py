"""Fields that an operator fills: one table for each kind of thing, from which the command line and the console build
their forms, and by which every value is checked where it is saved.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

TEXT_LENGTH_MAX = 120
MICROS_MAX = 10**18  # what a BIGINT holds with room to add
WHOLE_MAX = 2**31 - 1


class FieldKind(StrEnum):
    TEXT = "text"
    WHOLE = "whole"
    MONEY = "money"  # micros
    FLAG = "flag"
    WORD = "word"
    DAY = "day"
    MOMENT = "moment"  # an aware datetime
    CHOICE = "choice"  # the id of a row of another table


@dataclass(frozen=True, slots=True)
class Field:
    """`least` and `most` bound a whole number, an amount, or the length of a text; an optional field may be None."""

    name: str
    kind: FieldKind
    help: str
    least: int = 0
    most: int = WHOLE_MAX
    words: type[StrEnum] | None = None
    is_optional: bool = False
    is_fixed: bool = False  # only when the thing is made


class FieldsRefused(ValueError):
    """Values that cannot be saved: a sentence for each field (the key "" is for the whole form)."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(" ".join(self.problems.values()))


def checked_values(fields: Iterable[Field], values: Mapping[str, Any], *, is_new: bool) -> dict[str, Any]:
    """The values by name, words as members of their enum; or every problem at once."""
    known = {field.name: field for field in fields}
    checked: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, value in values.items():
        field = known.get(name)
        if field is None:
            problems[name] = f"There is no field {name}."
        elif field.is_fixed and not is_new:
            problems[name] = f"The {spoken(name)} is fixed once it is made: leave it out."
        elif value is None and field.is_optional:
            checked[name] = None
        else:
            checked[name], problem = _checked(field, value)
            problems |= {name: problem} if problem else {}
    if problems:
        raise FieldsRefused(problems)
    return checked


def spoken(name: str) -> str:
    return name.removesuffix("_micros").replace("_", " ")


def _checked(field: Field, value: object) -> tuple[Any, str | None]:
    match field.kind:
        case FieldKind.TEXT:
            return _text(field, value)
        case FieldKind.FLAG:
            return value, None if isinstance(value, bool) else f"The {spoken(field.name)} is yes or no."
        case FieldKind.WORD:
            return _word(field, value)
        case FieldKind.DAY:
            return value, None if isinstance(value, date) else f"The {spoken(field.name)} is a day, such as 2027-12-31."
        case FieldKind.MOMENT:
            return value, None if _is_moment(value) else f"The {spoken(field.name)} is a moment with its time zone."
        case _:
            return _whole(field, value)


def _is_moment(value: object) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


def _text(field: Field, value: object) -> tuple[str | None, str | None]:
    text = value.strip() if isinstance(value, str) else ""
    most = min(field.most, 10_000)
    if not text and field.is_optional:
        return None, None
    if not max(1, field.least) <= len(text) <= most:
        return None, f"The {spoken(field.name)} has {len(text)} characters: give {_span(max(1, field.least), most)}."
    return text, None


def _word(field: Field, value: object) -> tuple[StrEnum | None, str | None]:
    assert field.words is not None  # noqa: S101 (a mistake in a table of fields)
    words = [word.value for word in field.words]
    if value not in words:
        return None, f"The {spoken(field.name)} is one of: {', '.join(words)}."
    return field.words(value), None


def _whole(field: Field, value: object) -> tuple[int | None, str | None]:
    if isinstance(value, bool) or not isinstance(value, int):
        return None, f"The {spoken(field.name)} is {value!r}: give a whole number."
    if field.kind is FieldKind.MONEY:
        if value < field.least:
            return None, f"The {spoken(field.name)} is negative: give an amount of 0 or more."
        return value, None if value <= MICROS_MAX else f"The {spoken(field.name)} is too large an amount."
    if not field.least <= value <= field.most:
        return None, f"The {spoken(field.name)} is {value}: give a whole number from {field.least} to {field.most}."
    return value, None


def _span(least: int, most: int) -> str:
    return str(most) if least == most else f"{least} to {most}"
