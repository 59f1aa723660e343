"""callingcard account create, edit, disable, delete."""

from dataclasses import asdict
from typing import Any

import click

from billing.rights import ALL_RIGHTS
from command_line.actor import cli_actor
from command_line.errors import Failure
from command_line.form import field_options, id_of, values_of
from command_line.installation import now, read_session
from command_line.saving import saving
from command_line.show import console, emit_json, json_option, money
from models import Client, RateTable, RoutingPlan
from services.accounts.account_fields import ACCOUNT_FIELDS
from services.accounts.delete_account import Deletion, delete_account, disable_account, preview_deletion
from services.accounts.find_account import find_account_id
from services.accounts.save_account import SavedAccount, create_account, update_account
from services.store.version_check import NotThere

TABLES = {
    "originator_rate_table_id": RateTable,
    "originator_routing_plan_id": RoutingPlan,
    "terminator_rate_table_id": RateTable,
}
version_option = click.option("--version", type=int, help="The version that you looked at: refused if changed since.")


@click.command()
@click.argument("client")
@click.argument("name")
@click.option("--endpoint", help="Its name in Asterisk; made of the names of client and account if left out.")
@field_options(ACCOUNT_FIELDS)
@json_option
def create(client: str, name: str, endpoint: str | None, *, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Create the account NAME of CLIENT. Both roles are off unless they are asked for."""
    with saving() as session:
        values = values_of(session, ACCOUNT_FIELDS, {**asked, "endpoint": endpoint}, TABLES)
        owner = {"client_id": id_of(session, Client, "client", client), "name": name}
        saved = create_account(session, {**values, **owner}, cli_actor(), now())
    _tell(name, saved, "saved", as_json=as_json)


@click.command()
@click.argument("account")
@click.option("--new-name", help="Another name for it.")
@version_option
@field_options(ACCOUNT_FIELDS)
@json_option
def edit(account: str, *, new_name: str | None, version: int | None, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Change settings of ACCOUNT; what is not given stays."""
    with saving() as session:
        values = values_of(session, ACCOUNT_FIELDS, {**asked, "name": new_name}, TABLES)
        saved = update_account(session, find_account_id(session, account), version, values, cli_actor(), now())
    _tell(new_name or account, saved, "saved", as_json=as_json)


@click.command()
@click.argument("account")
@version_option
@json_option
def disable(account: str, *, version: int | None, as_json: bool) -> None:
    """Switch both roles of ACCOUNT off: no calls in or out, its history stays."""
    with saving() as session:
        saved = disable_account(session, find_account_id(session, account), version, cli_actor(), now())
    _tell(account, saved, "disabled", as_json=as_json)


@click.command()
@click.argument("account")
@version_option
@click.option("--reason", help="Why, for the ledger and the audit log.")
@click.option("--dry-run", is_flag=True, help="Only show what would be given back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete(account: str, *, version: int | None, reason: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Delete ACCOUNT: give back all that its calls have cost, and take them out of the statistics. `disable` is enough
    to stop its traffic.
    """
    deletion = _preview(account)
    if not dry_run:
        if not yes:
            _tell_deletion(deletion, "Deleting gives back", to_stderr=True)
            click.echo(f"To stop its traffic and keep its history: callingcard account disable {account}", err=True)
            click.confirm(f"Delete the account {deletion.account}? It cannot be brought back", abort=True, err=True)
        with saving() as session:
            actor, rights = cli_actor(), ALL_RIGHTS
            deletion = delete_account(session, deletion.account_id, version, actor, now(), rights=rights, reason=reason)
    if as_json:
        emit_json({**asdict(deletion), "dry_run": dry_run})
        return
    _tell_deletion(deletion, "Deleting would give back" if dry_run else "Deleted; given back", to_stderr=False)


ACCOUNT_EDITS = (create, edit, disable, delete)


def _preview(account: str) -> Deletion:
    with read_session() as session:
        try:
            return preview_deletion(session, find_account_id(session, account))
        except NotThere as missing:
            raise Failure(str(missing), "callingcard account list") from missing


def _tell_deletion(deletion: Deletion, act: str, *, to_stderr: bool) -> None:
    refund, balance = (money(amount, deletion.currency) for amount in (deletion.refund_micros, deletion.balance_micros))
    told = f"{act} {refund} of {deletion.calls} calls to {deletion.client}, whose balance is then {balance}."
    click.echo(told, err=to_stderr)


def _tell(name: str, saved: SavedAccount, act: str, *, as_json: bool) -> None:
    if as_json:
        emit_json(asdict(saved))
    else:
        console.print(f"The account {name} is {act} (endpoint {saved.endpoint}, version {saved.version}).")
