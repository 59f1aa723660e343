"""The encrypted ZIP around a file with secrets: its options, its password, and how that is told once."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from command_line.errors import Failure
from command_line.show import console
from services.store.encrypted_zip import ZipPasswordRefused, drawn_zip_password, usable_zip_password, zip_in_place

ZIP: Final = ".zip"
Command = Callable[..., Any]
AS_ZIP = click.option(
    "--zip", "as_zip", is_flag=True, help="A ZIP encrypted with AES-256: a password is drawn, shown once."
)
BY_PASSWORD = click.option(
    "--ask-zip-password",
    "asks_password",
    is_flag=True,
    help="The same by a password of yours: asked for, or read from standard input.",
)


@dataclass(frozen=True, slots=True)
class ZipSeal:
    """`password` is None where the file stays as it is."""

    password: str | None
    is_drawn: bool

    def close(self, draft: Path, target: Path, ending: str) -> None:
        """Put the draft into a ZIP, by the name that the file has without it."""
        if self.password is None:
            return
        named = target.name[: -len(ZIP)] if target.name.lower().endswith(ZIP) else target.name
        name = named if named.lower().endswith(f".{ending}") else f"{named}.{ending}"
        zip_in_place(draft, name, self.password)

    @property
    def told(self) -> dict[str, str]:
        return {"zip_password": self.password} if self.password and self.is_drawn else {}

    def tell(self) -> None:
        if self.told:
            console.print(f"It is a ZIP encrypted with AES-256. Its password, shown only now: {self.password}")


def zip_options(command: Command) -> Command:
    """Both options; the command takes the `seal` that follows from them."""

    @wraps(command)
    def with_seal(*arguments: Any, as_zip: bool, asks_password: bool, **options: Any) -> Any:  # noqa: ANN401 (click's)
        try:
            seal = _seal(as_zip=as_zip, asks_password=asks_password)
        except ZipPasswordRefused as refused:
            raise Failure(str(refused)) from refused
        return command(*arguments, seal=seal, **options)

    return AS_ZIP(BY_PASSWORD(with_seal))


def _seal(*, as_zip: bool, asks_password: bool) -> ZipSeal:
    if not asks_password:
        return ZipSeal(drawn_zip_password() if as_zip else None, is_drawn=True)
    if sys.stdin.isatty():
        given = click.prompt("Password of the ZIP", hide_input=True, confirmation_prompt=True, err=True)
    else:
        given = sys.stdin.readline().rstrip("\n")
    return ZipSeal(usable_zip_password(given), is_drawn=False)
