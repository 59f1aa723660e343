"""callingcard guard block and unblock: phones that may not call at all."""

from collections.abc import Callable

import click
from sqlalchemy.orm import Session

from command_line.actor import cli_actor
from command_line.errors import Failure
from command_line.installation import now, write_session
from command_line.show import console
from services.guard.block_phone import PhoneBlockRefused, block_phone, unblock_phone


@click.command()
@click.argument("phone")
@click.option("--reason", required=True, help="Why; it stands in the audit log.")
def block(phone: str, reason: str) -> None:
    """Let PHONE (international form) call no more, by whatever card, until it is unblocked."""
    console.print(f"{_done(lambda session: block_phone(session, phone, reason, cli_actor(), now()))} is blocked.")


@click.command()
@click.argument("phone")
def unblock(phone: str) -> None:
    """Let PHONE call again."""
    console.print(f"{_done(lambda session: unblock_phone(session, phone, cli_actor(), now()))} may call again.")


def _done(act: Callable[[Session], str]) -> str:
    try:
        with write_session() as session:
            return act(session)
    except PhoneBlockRefused as refused:
        raise Failure(str(refused), "callingcard guard status") from refused
