"""How the command line speaks: rich tables on a terminal, plain text elsewhere, one JSON document with --json."""

import json
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click
from rich.console import Console

from billing.money import floor_to_coin, minor_digits, text_from_micros

Command = TypeVar("Command", bound=Callable[..., Any])
PLAIN_WIDTH = 200  # into a file or a pipe a table is not cut to the width of a terminal
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


def emit_json(value: Any) -> None:  # noqa: ANN401 (whatever JSON can hold)
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def money(micros: int, currency: str) -> str:
    """With all six decimals where they matter: "4.823000 USD" stays exact, "5.00 USD" stays short."""
    return f"{text_from_micros(micros, minor_digits(currency))} {currency}"


def coins(micros: int, currency: str) -> str:
    """Rounded down to the smallest coin, as the caller hears it."""
    return money(floor_to_coin(micros, currency), currency)
