"""The options that acts on cards share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from sqlalchemy.orm import Session

from command_line.form import id_of
from command_line.show import json_option
from models import Distributor
from services.cards.card_order import Sale

Command = TypeVar("Command", bound=Callable[..., Any])


def how_options(command: Command) -> Command:
    """--dry-run, --yes and --json."""
    command = json_option(command)
    command = click.option("--yes", is_flag=True, help="Do not ask.")(command)
    return click.option("--dry-run", is_flag=True, help="Count what would change, and write nothing.")(command)


def sale_options(command: Command) -> Command:
    command = click.option("--distributor", help="The distributor who takes the cards, by name.")(command)
    return click.option("--place", help="Where or to whom they are sold.")(command)


def block_options(command: Command) -> Command:
    command = click.option("--end-calls", is_flag=True, help="Also ask for the end of calls that are up.")(command)
    return click.option("--reason", required=True, help="Why: lost, stolen, fraud ...")(command)


def sale_of(session: Session, place: str | None, distributor: str | None) -> Sale:
    found = None if distributor is None else id_of(session, Distributor, "distributor", distributor)
    return Sale(place, found)
