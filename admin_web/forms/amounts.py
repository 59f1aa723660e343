"""Amounts as operators type them: with the decimal sign of their language, never read in two ways."""

import re

from flask_babel import get_locale

from billing.money import MoneyTextRefused, micros_from_text, text_from_micros
from web_base.texts import gettext

GROUPED = re.compile(r"-?\d{1,3}(\.\d{3})+,\d+")  # 1.234,56
AMBIGUOUS = re.compile(r"-?[1-9]\d{0,2}(\.\d{3})+")  # 1.234: a thousand and more, or one and a part?


def read_amount(typed: str, *, negative_allowed: bool = False) -> int:
    """Micros; a comma is the decimal sign where the operator's language has it so, a point is understood too."""
    text = typed.strip()
    if has_decimal_comma():
        if AMBIGUOUS.fullmatch(text):
            raise MoneyTextRefused(
                gettext("“%(typed)s” can be read in two ways: leave thousands together, or add decimals.", typed=text)
            )
        text = (text.replace(".", "") if GROUPED.fullmatch(text) else text).replace(",", ".", 1)
    return micros_from_text(text, negative_allowed=negative_allowed)


def shown_amount(micros: int) -> str:
    """As it stands in a form."""
    text = text_from_micros(micros)
    return text.replace(".", ",") if has_decimal_comma() else text


def has_decimal_comma() -> bool:
    locale = get_locale()
    return locale is not None and locale.number_symbols["latn"]["decimal"] == ","
