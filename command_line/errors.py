"""Failures that a user can mend: what, why and what next, on stderr, with exit status 1."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from services.store.fields import FieldsRefused
from services.store.keyset import PlaceRefused
from services.store.version_check import ChangedMeanwhile, NotThere


class Failure(click.ClickException):
    """`what` is the sentence; `cure` the next thing to try."""

    exit_code = 1

    def __init__(self, what: str, cure: str | None = None) -> None:
        super().__init__(what)
        self.cure = cure

    def show(self, file: IO[Any] | None = None) -> None:
        target = file or sys.stderr
        click.secho(f"Error: {self.message}", err=True, file=target, fg="red")
        if self.cure:
            click.echo(f"  -> {self.cure}", err=True, file=target)


@contextmanager
def refusing() -> Iterator[None]:
    """What a service refuses, as a failure with the service's own sentence."""
    try:
        yield
    except (FieldsRefused, ChangedMeanwhile, NotThere, PlaceRefused) as refused:
        raise Failure(str(refused)) from refused
