"""A write whose broken constraint reaches the operator as a sentence, never as an error of the database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.store.fields import FieldsRefused


def write_guarded(session: Session, statement: Executable, sentences: Mapping[str, str]) -> Any:  # noqa: ANN401 (what it returns)
    """The one value that the statement returns. `sentences` by the name of a constraint; what stood before in this
    transaction is kept.
    """
    try:
        with session.begin_nested():
            return session.execute(statement).scalar_one()
    except IntegrityError as broken:
        raise FieldsRefused({"": _sentence(str(broken.orig), sentences)}) from None


def _sentence(told: str, sentences: Mapping[str, str]) -> str:
    """PostgreSQL names the constraint; SQLite names a CHECK, and of a unique key table and columns."""
    for name, sentence in sentences.items():
        columns = name.removeprefix("uq_").replace("_", ".")
        if name in told or columns in told.replace("_", "."):
            return sentence
    return "The database refuses these values, since a rule between them is broken: check them and save again."
