"""Amounts and prices as prompt ids: five dollars and twenty cents; seven point five cents."""

from billing.money import MICROS_PER_UNIT, floor_to_coin, minor_digits, smallest_coin_micros
from ivr_prompts.language import Language
from ivr_prompts.spoken_number import spoken_counted, spoken_decimal


def spoken_money(language: Language, amount_micros: int, currency: str) -> list[str]:
    """Floored to the smallest coin, so that a caller never hears more than there is; 0 -> zero dollars."""
    coins_micros = floor_to_coin(amount_micros, currency.upper())
    if coins_micros < 0:
        return ["minus", *_amount(language, -coins_micros, currency)]
    return _amount(language, coins_micros, currency)


def spoken_price(language: Language, price_micros: int, currency: str) -> list[str]:
    """A price a minute, 0 or more, said exactly: parts of a coin are decimals."""
    return _amount(language, price_micros, currency)


def has_currency_words(language: Language, currency: str) -> bool:
    """Without them an amount is spoken as a bare number: right, but the caller must know the currency."""
    coins = bool(minor_digits(currency.upper()))
    nouns = [_noun(currency, "major"), *([_noun(currency, "minor")] if coins else [])]
    return all(f"{noun}-{form}" in language.texts for noun in nouns for form in language.grammar.plural_forms())


def _amount(language: Language, micros: int, currency: str) -> list[str]:
    units, rest_micros = divmod(micros, MICROS_PER_UNIT)
    if not has_currency_words(language, currency):
        return spoken_decimal(language, units, _decimals(rest_micros, MICROS_PER_UNIT, minor_digits(currency.upper())))
    if not minor_digits(currency.upper()):
        return _fraction_counted(language, units, _decimals(rest_micros, MICROS_PER_UNIT), _noun(currency, "major"))
    major = spoken_counted(language, units, _noun(currency, "major"))
    if not rest_micros:
        return major
    coin_micros = smallest_coin_micros(currency.upper())
    coins, part_micros = divmod(rest_micros, coin_micros)
    minor = _fraction_counted(language, coins, _decimals(part_micros, coin_micros), _noun(currency, "minor"))
    join = [language.grammar.money_join] if language.grammar.money_join else []
    return [*major, *join, *minor] if units else minor


def _fraction_counted(language: Language, whole: int, decimals: str, noun: str) -> list[str]:
    if not decimals:
        return spoken_counted(language, whole, noun)
    return [*spoken_decimal(language, whole, decimals), f"{noun}-{language.grammar.fraction_form}"]


def _decimals(part_micros: int, whole_micros: int, digits_min: int = 0) -> str:
    """50000 of 1000000 -> "05", or "" when there are none; with digits_min 2, 500000 of 1000000 -> "50"."""
    width = len(str(whole_micros)) - 1
    return f"{part_micros:0{width}d}".rstrip("0").ljust(digits_min, "0") if part_micros else ""


def _noun(currency: str, kind: str) -> str:
    return f"unit-{currency.lower()}-{kind}"
