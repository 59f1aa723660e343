"""The grammar of a language as data: plural forms, genders, scales, joining words and the order of a date."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

NUMBER_JOIN: Final = "number-and"  # the prompt that joins tens, hundreds and scales


class PluralForm(StrEnum):
    ONE = "one"
    FEW = "few"
    MANY = "many"


class Gender(StrEnum):
    NEUTRAL = "neutral"  # a number by itself: counting, digits, decimals
    MASCULINE = "masculine"
    FEMININE = "feminine"


Ranges = tuple[tuple[int, int], ...]  # inclusive; none = every number


@dataclass(frozen=True, slots=True)
class PluralRule:
    """The form of a noun after a number that meets every condition given."""

    form: PluralForm
    number: Ranges = ()  # the whole number is in
    last_digit: Ranges = ()
    last_two_digits: Ranges = ()
    last_two_digits_not: Ranges = ()

    def applies_to(self, number: int) -> bool:
        return (
            (not self.number or _is_in(number, self.number))
            and (not self.last_digit or _is_in(number % 10, self.last_digit))
            and (not self.last_two_digits or _is_in(number % 100, self.last_two_digits))
            and not _is_in(number % 100, self.last_two_digits_not)
        )


@dataclass(frozen=True, slots=True)
class Scale:
    """A word for a power of a thousand; it has plural forms like a noun: prompt ids number-<name>-<form>."""

    name: str
    size: int
    omits_one: bool = False  # Spanish mil: never "un mil"
    genders: Mapping[Gender, Gender] = field(default_factory=dict)  # of the number before it, by that of the noun
    noun_link: str = ""  # prompt between a number that ends with this scale and its noun: un millón DE dólares

    def gender_before(self, gender: Gender) -> Gender:
        return self.genders.get(gender, gender)


@dataclass(frozen=True, slots=True)
class Grammar:
    plurals: tuple[PluralRule, ...]  # the first that applies decides; the last has no condition
    scales: tuple[Scale, ...]  # largest first
    genders: Mapping[str, Gender]  # of units and counted sentences, by the id without its form
    fraction_form: PluralForm  # of a noun after decimals
    join_tens: bool  # treinta Y uno
    join_hundreds: bool  # one hundred AND one
    join_scales: bool  # one thousand AND one
    ones_first: bool  # einUNDzwanzig
    money_join: str  # prompt between whole money and coins; empty = none
    time_join: str  # prompt before the last part of a duration; empty = none
    date_order: tuple[str, ...]  # "day", "month", "year" and the ids of prompts between them
    year_in_pairs: bool  # twenty twenty-seven

    def plural_form(self, number: int) -> PluralForm:
        return next(rule.form for rule in self.plurals if rule.applies_to(number))

    def plural_forms(self) -> tuple[PluralForm, ...]:
        used = {rule.form for rule in self.plurals} | {self.fraction_form}
        return tuple(form for form in PluralForm if form in used)

    def words(self) -> tuple[str, ...]:
        """The prompt ids that the grammar itself refers to."""
        joins = [NUMBER_JOIN] if self.join_tens or self.join_hundreds or self.join_scales else []
        links = [scale.noun_link for scale in self.scales]
        order = [item for item in self.date_order if item not in ("day", "month", "year")]
        return tuple(filter(None, [*joins, *links, *order, self.money_join, self.time_join]))

    def gender_of(self, noun: str) -> Gender:
        return self.genders.get(noun, Gender.NEUTRAL)


def _is_in(number: int, ranges: Ranges) -> bool:
    return any(low <= number <= high for low, high in ranges)
