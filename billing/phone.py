"""Telephone numbers: rewriting rules, valid caller ids (features.md 3.10) and valid destinations (5.3, DEST)."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from billing.refusals import Refusal

NUMBER_DIGITS_MAX: Final = 15  # E.164
CALLER_ID_DIGITS_MIN: Final = 7
DESTINATION_DIGITS_MIN: Final = 3
KEYED_DIGITS_MAX: Final = 32  # an international prefix and a carrier code before 15 digits still fit
LAST_DIGITS_LOGGED: Final = 4

# `[0-9]` and fullmatch: `\d` takes digits of other scripts, and `$` takes a line break.
_RAW_NUMBER: Final = re.compile(rf"(\+?)([0-9]{{1,{KEYED_DIGITS_MAX}}})")
_DIGITS: Final = re.compile(rf"[0-9]{{0,{KEYED_DIGITS_MAX}}}")
_INTERNATIONAL_PREFIX: Final = "00"


class RewriteRuleRefused(ValueError):
    """A rule that cannot be applied; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class RewriteRule:
    """MOR's location rule: of a number that begins with `match_prefix` and is length_min to length_max digits long,
    `cut` leading digits are dropped and `add` is put in front.
    """

    match_prefix: str = ""
    cut: int = 0
    add: str = ""
    length_min: int = 1
    length_max: int = KEYED_DIGITS_MAX

    def __post_init__(self) -> None:
        if not _is_digits(self.match_prefix) or not _is_digits(self.add):
            raise RewriteRuleRefused("Prefix and added digits of a rewriting rule hold only the digits 0-9.")
        _check_count("cut", self.cut, 0, KEYED_DIGITS_MAX)
        _check_count("length_min", self.length_min, 1, KEYED_DIGITS_MAX)
        _check_count("length_max", self.length_max, self.length_min, KEYED_DIGITS_MAX)

    def matches(self, digits: str) -> bool:
        return digits.startswith(self.match_prefix) and self.length_min <= len(digits) <= self.length_max


def rewrite(number: str, rules: Iterable[RewriteRule]) -> str:
    """Digits to international form by the first rule that matches, else with a leading 00 dropped.

    No number in international form begins with 0, so dropping 00 harms none; a plan whose prefix is another (011)
    has a rule for it.
    """
    for rule in rules:
        if rule.matches(number):
            return rule.add + number[rule.cut :]
    return number.removeprefix(_INTERNATIONAL_PREFIX)


def normal_caller_id(raw: str, rules: Iterable[RewriteRule], digits_min: int = CALLER_ID_DIGITS_MIN) -> str | None:
    """The caller's number in international form without "+", or None when it cannot be one."""
    digits = _international_digits(raw, rules)
    if digits is None or not digits_min <= len(digits) <= NUMBER_DIGITS_MAX:
        return None
    return digits


def check_destination(keyed: str, rules: Iterable[RewriteRule], emergency_numbers: Collection[str]) -> str | Refusal:
    """The destination in international form without "+", or why it is none.

    An emergency number is known as keyed as well as rewritten: a rule that adds the country code does not hide it.
    """
    if not keyed:
        return Refusal.TOO_SHORT
    digits = _international_digits(keyed, rules)
    if digits is None:
        return Refusal.DESTINATION_INVALID
    if keyed.removeprefix("+") in emergency_numbers or digits in emergency_numbers:
        return Refusal.EMERGENCY_NOT_POSSIBLE
    if len(digits) < DESTINATION_DIGITS_MIN:
        return Refusal.TOO_SHORT
    if len(digits) > NUMBER_DIGITS_MAX:
        return Refusal.DESTINATION_INVALID
    return digits


def last_four(number: str) -> str:
    """All that a log shows of a number."""
    return number[-LAST_DIGITS_LOGGED:]


def _international_digits(raw: str, rules: Iterable[RewriteRule]) -> str | None:
    """A number with "+" is in international form already: rules for local habits do not touch it."""
    number = _RAW_NUMBER.fullmatch(raw)
    if number is None:
        return None
    plus, digits = number.groups()
    return digits if plus else rewrite(digits, rules)


def _is_digits(text: object) -> bool:
    return isinstance(text, str) and _DIGITS.fullmatch(text) is not None


def _check_count(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RewriteRuleRefused(f"{name} of a rewriting rule is {value!r}: give a whole number, {least} to {most}.")
