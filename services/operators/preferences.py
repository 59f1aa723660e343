"""What an operator sets for itself: the language and the theme of its pages."""

from enum import StrEnum
from typing import Self

from sqlalchemy import update
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


def save_preferences(session: Session, operator_id: int, theme: Theme, language: str) -> None:
    """A language that we do not speak leaves the one before."""
    values: dict[str, object] = {"preferences": {"theme": theme.value}}
    if language in LANGUAGES:
        values["language"] = language
    session.execute(update(Operator).where(Operator.id == operator_id).values(values))
