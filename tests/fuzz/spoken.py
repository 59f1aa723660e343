"""What the prompts are composed of, read from bytes: amounts, prices, counts, times, days and numbers, in each
language; whatever comes, the caller hears files that are there.
"""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from billing.money import CurrencyUnknown, minor_digits
from ivr_prompts.compose import (
    has_currency_words,
    spoken_count,
    spoken_date,
    spoken_digits,
    spoken_duration,
    spoken_money,
    spoken_number,
    spoken_price,
    spoken_sentence,
    transcript,
)
from ivr_prompts.language import LanguageUnknown, languages, load_language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_prompts.language import Language

MICROS_MAX = (1 << 63) - 1  # what a wallet can hold
SPOKEN_MAX = 80  # prompt ids of one amount, number or time: nineteen digits, and the words around them
REFUSED_TEXT = "Only the digits 0 to 9 can be spoken"


def check_spoken(data: bytes) -> None:
    """Fields: a language, a currency, a number, a day, and digits that were keyed."""
    code, currency, number, day, digits, *_ = [*data.decode("utf-8", "replace").split("\n"), *[""] * 5]
    with suppress(LanguageUnknown):
        load_language(code)
    value = max(-MICROS_MAX, min(MICROS_MAX, _whole(number)))
    for language in map(load_language, languages()):
        for spoken in _composed(language, _known(currency), value, day):
            _is_heard(language, spoken)
        _digits(language, digits)


def _composed(language: Language, currency: str, value: int, day: str) -> Iterator[list[str]]:
    """All that the flow says with a number or a day in it."""
    has_currency_words(language, currency)
    yield spoken_money(language, value, currency)
    yield spoken_number(language, value)
    positive = abs(value)
    yield spoken_price(language, positive, currency)
    yield spoken_count(language, "days-left", positive)
    for says_seconds in (False, True):
        for says_hours in (False, True):
            yield spoken_duration(language, positive, say_seconds=says_seconds, say_hours=says_hours)
    date = _date(day)
    if date is not None:
        yield spoken_sentence(language, "card-expired-grace", spoken_date(language, date))


def _digits(language: Language, digits: str) -> None:
    try:
        spoken = spoken_digits(language, digits)
    except ValueError as refused:
        assert str(refused).startswith(REFUSED_TEXT)  # noqa: PT017 (any other is the fault we look for)
        assert not re.fullmatch(r"[0-9]+", digits)
    else:
        assert [prompt_id.removeprefix("number-")[:1] for prompt_id in spoken] == list(digits)
        assert all(prompt_id in language.texts for prompt_id in spoken)


def _is_heard(language: Language, spoken: list[str]) -> None:
    assert 0 < len(spoken) <= SPOKEN_MAX
    assert [prompt_id for prompt_id in spoken if prompt_id not in language.texts] == []
    assert transcript(language, spoken)


def _known(currency: str) -> str:
    """A currency that is unknown gets into no card group: the refusal is one sentence."""
    try:
        minor_digits(currency.upper())
    except CurrencyUnknown:
        return "USD"
    return currency


def _date(day: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(day)
    except ValueError:
        return None


def _whole(number: str) -> int:
    found = re.match(r"-?[0-9]{1,20}", number)
    return int(found[0]) if found else 0
