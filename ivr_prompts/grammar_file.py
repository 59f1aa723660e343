"""Reads the [grammar] table of a language file, and refuses one that would fail in the middle of a call."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ivr_prompts.grammar import Gender, Grammar, PluralForm, PluralRule, Ranges, Scale

Table = Mapping[str, Any]  # of a TOML file, before it is read

_CONDITIONS: Final = ("number", "last_digit", "last_two_digits", "last_two_digits_not")


class GrammarRefused(ValueError):
    """The grammar leaves a number without a form; the sentence says what to change."""


def read_grammar(table: Table) -> Grammar:
    scales = sorted((_read_scale(scale) for scale in table["scales"]), key=lambda scale: scale.size, reverse=True)
    return Grammar(
        plurals=_read_plurals(table["plurals"]),
        scales=tuple(scales),
        genders={noun: Gender(gender) for noun, gender in table.get("genders", {}).items()},
        fraction_form=PluralForm(table["fraction_form"]),
        join_tens=table["join_tens"],
        join_hundreds=table["join_hundreds"],
        join_scales=table["join_scales"],
        ones_first=table["ones_first"],
        money_join=table["money_join"],
        time_join=table["time_join"],
        date_order=tuple(table["date_order"]),
        year_in_pairs=table["year_in_pairs"],
    )


def _read_plurals(rules: Sequence[Table]) -> tuple[PluralRule, ...]:
    plurals = tuple(_read_plural(rule) for rule in rules)
    if not plurals or plurals[-1] != PluralRule(plurals[-1].form):
        raise GrammarRefused("Some numbers have no plural form: give the last of grammar.plurals no condition.")
    return plurals


def _read_plural(rule: Table) -> PluralRule:
    conditions = {name: _read_ranges(rule.get(name, ())) for name in _CONDITIONS}
    return PluralRule(PluralForm(rule["form"]), **conditions)


def _read_ranges(pairs: Sequence[Sequence[int]]) -> Ranges:
    return tuple((low, high) for low, high in pairs)


def _read_scale(scale: Table) -> Scale:
    genders = {Gender(counted): Gender(before) for counted, before in scale.get("genders", {}).items()}
    return Scale(
        name=scale["name"],
        size=scale["size"],
        omits_one=scale.get("omits_one", False),
        genders=genders,
        noun_link=scale.get("noun_link", ""),
    )
