"""What services tell word by word, in the operator's language: a call's worked sum, an act of the audit log."""

import re

from babel.numbers import get_decimal_symbol
from flask_babel import get_locale

from billing.explain_cost import THEN
from web_base.formats import spoken
from web_base.texts import translated

DECIMAL = re.compile(r"(?<=\d)\.(?=\d)")


def worked(how: str) -> str:
    """The arithmetic of a line of a call's cost, each of its sentences and the signs of its decimals."""
    told = THEN.join(translated(sentence) for sentence in how.split(THEN))
    locale = get_locale()
    return told if locale is None else DECIMAL.sub(get_decimal_symbol(locale), told)


def spoken_act(act: str) -> str:
    """An act of the audit log for readers: account.password_set -> password set."""
    return spoken(act.rpartition(".")[2])
