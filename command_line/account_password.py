"""callingcard account password: make, set, show or take away the password of an account."""

import sys

import click

from billing.rights import ALL_RIGHTS
from command_line.actor import cli_actor
from command_line.errors import Failure
from command_line.installation import now, pin_keys
from command_line.saving import saving
from command_line.show import console, emit_json, json_option
from services.accounts.account_password import generated_password, set_account_password, show_account_password
from services.accounts.find_account import find_account_id
from services.accounts.sealed_password import PasswordUnreadable
from services.keys.closed_keys import KeyClosed

version_option = click.option("--version", type=int, help="The version that you looked at: refused if changed since.")


@click.group()
def password() -> None:
    """The password with which an account logs in here, or we log in there."""


@password.command()
@click.argument("account")
@version_option
@json_option
def generate(account: str, *, version: int | None, as_json: bool) -> None:
    """Give ACCOUNT a password of 20 random characters and show it."""
    made = generated_password()
    new_version = _set(account, version, made)
    if as_json:
        emit_json({"account": account, "password": made, "version": new_version})
    else:
        console.print(f"The password of {account} is {made}", markup=False)


@password.command("set")
@click.argument("account")
@version_option
def set_(account: str, *, version: int | None) -> None:
    """Ask for a password of ACCOUNT, or read it from standard input."""
    if sys.stdin.isatty():
        chosen = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        chosen = sys.stdin.readline().rstrip("\n")
    _set(account, version, chosen)
    console.print(f"The password of {account} is set.", markup=False)


@password.command()
@click.argument("account")
@click.option("--reason", help="Why, for the audit log.")
@json_option
def show(account: str, reason: str | None, *, as_json: bool) -> None:
    """Show the password of ACCOUNT. The audit log tells who looked."""
    with saving(PasswordUnreadable) as session:
        account_id = find_account_id(session, account)
        found = show_account_password(session, pin_keys(), account_id, reason, cli_actor(), now(), rights=ALL_RIGHTS)
    if found is None:
        raise Failure(f"The account {account} has no password.", f"callingcard account password generate {account}")
    if as_json:
        emit_json({"account": account, "password": found})
    else:
        console.print(found, markup=False)


@password.command()
@click.argument("account")
@version_option
def remove(account: str, *, version: int | None) -> None:
    """Take the password of ACCOUNT away: no one can log in as it."""
    _set(account, version, None)
    console.print(f"The account {account} has no password now.", markup=False)


def _set(account: str, version: int | None, chosen: str | None) -> int:
    with saving(KeyClosed) as session:
        account_id = find_account_id(session, account)
        return set_account_password(session, pin_keys(), account_id, version, chosen, cli_actor(), now())
