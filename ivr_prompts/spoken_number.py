"""Numbers as prompt ids, from the number words of the language: number-0, number-100, number-thousand-many."""

from collections.abc import Iterator
from typing import Final

from ivr_prompts.grammar import NUMBER_JOIN, Gender, Scale
from ivr_prompts.language import Language

NUMBER_MAX: Final = 999_999_999  # the largest scale that the languages have is the million


def spoken_number(language: Language, number: int, gender: str = Gender.NEUTRAL) -> list[str]:
    """Over NUMBER_MAX digit by digit: a caller with a strange balance still hears it."""
    if number < 0:
        return ["minus", *spoken_number(language, -number, gender)]
    if number > NUMBER_MAX:
        return spoken_digits(language, str(number))
    return list(_number(language, number, Gender(gender)))


def spoken_digits(language: Language, digits: str) -> list[str]:
    """One by one, as a telephone number is read out."""
    if not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f"Only the digits 0 to 9 can be spoken: {digits!r}")
    return [_word(language, int(digit), Gender.NEUTRAL) for digit in digits]


def spoken_decimal(language: Language, whole: int, decimals: str) -> list[str]:
    """7 and "05" -> seven point zero five."""
    spoken = spoken_number(language, whole)
    return [*spoken, "point", *spoken_digits(language, decimals)] if decimals else spoken


def spoken_counted(language: Language, number: int, noun: str) -> list[str]:
    """A number of 0 or more with its noun in the right form: 2 and "unit-hour" -> two hours."""
    grammar = language.grammar
    gender = grammar.gender_of(noun.removeprefix("unit-"))
    links = [scale.noun_link for scale in grammar.scales if scale.noun_link and number and number % scale.size == 0]
    return [*spoken_number(language, number, gender), *links[:1], f"{noun}-{grammar.plural_form(number)}"]


def _number(language: Language, number: int, gender: Gender) -> Iterator[str]:
    """Scale by scale from the largest: 21 million, 5 thousand, 100."""
    rest = number
    for scale in language.grammar.scales:
        count, rest = divmod(rest, scale.size)
        if count:
            yield from _scaled(language, count, scale, gender)
    if rest and number > rest and rest < 100 and language.grammar.join_scales:
        yield NUMBER_JOIN
    if rest or number == 0:
        yield from _below_thousand(language, rest, gender)


def _scaled(language: Language, count: int, scale: Scale, gender: Gender) -> Iterator[str]:
    if count > 1 or not scale.omits_one:
        yield from _below_thousand(language, count, scale.gender_before(gender))
    yield f"number-{scale.name}-{language.grammar.plural_form(count)}"


def _below_thousand(language: Language, number: int, gender: Gender) -> Iterator[str]:
    hundreds, rest = divmod(number, 100)
    if hundreds:
        yield _word(language, hundreds * 100, gender, more_follows=rest > 0)
    if hundreds and rest and language.grammar.join_hundreds:
        yield NUMBER_JOIN
    if rest or not hundreds:
        yield from _below_hundred(language, rest, gender)


def _below_hundred(language: Language, number: int, gender: Gender) -> Iterator[str]:
    """One word where the language has it (twelve, veintiuno), else tens and ones."""
    if f"number-{number}" in language.texts:
        yield _word(language, number, gender)
        return
    ones = number % 10
    words = [_word(language, number - ones, gender), _word(language, ones, gender)]
    first, second = reversed(words) if language.grammar.ones_first else words
    yield first
    if language.grammar.join_tens:
        yield NUMBER_JOIN
    yield second


def _word(language: Language, number: int, gender: Gender, *, more_follows: bool = False) -> str:
    """The special form of a word if the language has one: number-100-more (ciento), number-1-feminine (una)."""
    plain = f"number-{number}"
    special = [f"{plain}-more"] if more_follows else []
    return next((word for word in [*special, f"{plain}-{gender}"] if word in language.texts), plain)
