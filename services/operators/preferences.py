"""What an operator sets for itself: the language, the theme and the keys of its pages."""

from enum import StrEnum
from typing import Self

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Operator

LANGUAGES = ("en", "es")


class Theme(StrEnum):
    AUTO = "auto"  # as the system of the browser is
    LIGHT = "light"
    DARK = "dark"

    @classmethod
    def of(cls, word: str) -> Self:
        return cls(word) if word in set(cls) else cls("auto")


def save_preferences(session: Session, operator_id: int, theme: Theme, language: str, *, has_keys: bool = True) -> None:
    """A language that we do not speak leaves the one before. `has_keys`: single letters act (WCAG 2.1.4)."""
    kept = session.scalars(select(Operator.preferences).where(Operator.id == operator_id).with_for_update()).one()
    values: dict[str, object] = {"preferences": {**(kept or {}), "theme": theme.value, "keys": has_keys}}
    if language in LANGUAGES:
        values["language"] = language
    session.execute(update(Operator).where(Operator.id == operator_id).values(values))
