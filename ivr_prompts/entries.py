"""The catalogue: every prompt id with its group and where it is used, and the ids that a language needs a text for."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from billing.money import minor_digits
from ivr_prompts.grammar import Grammar
from ivr_prompts.language import Language

_FILE: Final = Path(__file__).parent / "catalogue.toml"


@dataclass(frozen=True, slots=True)
class Entry:
    prompt_id: str
    group: str
    used: str  # where, in one line


@dataclass(frozen=True, slots=True)
class Catalogue:
    entries: tuple[Entry, ...]  # the sentences and phrases, in the order of a call
    parts: Mapping[str, str]  # by prompt id: the part that is composed into it
    counted: frozenset[str]  # sentences with one file for each plural form
    units: Mapping[str, str]  # unit -> where it is used
    currencies: Mapping[str, str]  # in lower case -> where it is used


@cache
def catalogue() -> Catalogue:
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Catalogue(
        entries=tuple(
            Entry(prompt_id, group, used)
            for group, sentences in table["sentences"].items()
            for prompt_id, used in sentences.items()
        ),
        parts=table["parts"],
        counted=frozenset(table["counted"]),
        units=table["units"],
        currencies=table["currencies"],
    )


def language_entries(language: Language) -> tuple[Entry, ...]:
    """Every id that a composer or the call flow may say in this language: sentences in order, then the words."""
    return (
        *_sentences(language.grammar),
        *(Entry(prompt_id, "numbers", "numbers") for prompt_id in _number_ids(language)),
        *_units(language.grammar),
        *(Entry(f"month-{month}", "dates", "dates") for month in range(1, 13)),
        *(Entry(f"day-{day}", "dates", "dates") for day in range(1, 32)),
    )


def _sentences(grammar: Grammar) -> Iterator[Entry]:
    for entry in catalogue().entries:
        if entry.prompt_id in catalogue().counted:
            yield from _each_form(grammar, entry)
        else:
            yield entry


def _units(grammar: Grammar) -> Iterator[Entry]:
    for unit, used in catalogue().units.items():
        yield from _each_form(grammar, Entry(f"unit-{unit}", "units", used))
    for currency, used in catalogue().currencies.items():
        yield from _each_form(grammar, Entry(f"unit-{currency}-major", "units", used))
        if minor_digits(currency.upper()):
            yield from _each_form(grammar, Entry(f"unit-{currency}-minor", "units", used))


def _each_form(grammar: Grammar, entry: Entry) -> Iterator[Entry]:
    for form in grammar.plural_forms():
        yield replace(entry, prompt_id=f"{entry.prompt_id}-{form}")


def _number_ids(language: Language) -> tuple[str, ...]:
    """The words that numbers cannot do without, what the grammar refers to, and the language's own special forms."""
    grammar = language.grammar
    ones = [f"number-{number}" for number in range(10)]
    below_hundred = [f"number-{_word_for(language, number)}" for number in range(10, 100)]
    hundreds = [f"number-{number}" for number in range(100, 1000, 100)]
    scales = [f"number-{scale.name}-{form}" for scale in grammar.scales for form in grammar.plural_forms()]
    sentences = {entry.prompt_id for entry in catalogue().entries}  # number-changed is one
    own = [prompt_id for prompt_id in language.texts.keys() - sentences if prompt_id.startswith("number-")]
    words = [*ones, *below_hundred, *hundreds, *scales, *grammar.words(), *sorted(own)]
    return tuple(dict.fromkeys(word for word in words if word.startswith("number-")))


def _word_for(language: Language, number: int) -> int:
    """The number itself where the language has a word for it, else its tens."""
    return number if f"number-{number}" in language.texts else number - number % 10
