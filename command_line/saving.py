"""A transaction of a command: what a use case refuses reaches the user as a sentence, with exit status 1."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from command_line.errors import Failure
from command_line.installation import write_session
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile, NotThere


@contextmanager
def saving(*refusals: type[Exception]) -> Iterator[Session]:
    """`refusals` are those that this use case knows beside the usual ones."""
    known: tuple[type[Exception], ...] = (FieldsRefused, ChangedMeanwhile, NotThere, *refusals)
    try:
        with write_session() as session:
            yield session
    except known as refused:
        raise Failure(str(refused)) from refused
