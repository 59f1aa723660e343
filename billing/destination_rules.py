"""May this card call this destination? Denied and allowed prefixes of the platform, a group and a series."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

PREFIX_DIGITS_MAX: Final = 15
_PREFIX: Final = re.compile(rf"[0-9]{{1,{PREFIX_DIGITS_MAX}}}")


class PrefixRefused(ValueError):
    """The text is no prefix of a destination; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class PrefixRules:
    """The rules of one owner: the platform, a group or a series."""

    denied: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()

    def permit(self, destination: str) -> bool:
        """A denied prefix wins over an allowed one, however long either is; with any allowed prefix nothing else may
        be called.
        """
        if destination.startswith(self.denied):
            return False
        return not self.allowed or destination.startswith(self.allowed)

    def with_rule(self, prefix: str, *, is_allowed: bool) -> "PrefixRules":
        if is_allowed:
            return PrefixRules(self.denied, (*self.allowed, prefix))
        return PrefixRules((*self.denied, prefix), self.allowed)


NO_RULES: Final = PrefixRules()


def is_permitted(destination: str, owners: Iterable[PrefixRules]) -> bool:
    """Every owner must permit it: a series cannot open what its group or the platform closes."""
    return all(rules.permit(destination) for rules in owners)


def checked_prefix(text: str) -> str:
    """The digits of a prefix in international form; a leading "+" and blanks around it are dropped."""
    digits = text.strip().removeprefix("+")
    if _PREFIX.fullmatch(digits) is None:
        raise PrefixRefused(
            f"{text.strip()!r} is no prefix: give 1 to {PREFIX_DIGITS_MAX} digits in international form, such as 370."
        )
    if digits.startswith("0"):
        raise PrefixRefused(f"{digits} begins with 0, as no number in international form does: give it without 00.")
    return digits
