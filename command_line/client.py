"""callingcard client: companies that own accounts, and their wallets."""

from dataclasses import asdict
from typing import Any

import click
from rich.table import Table
from sqlalchemy.orm import Session

from command_line.actor import cli_actor
from command_line.client_money import CLIENT_MONEY
from command_line.errors import Failure
from command_line.form import field_options, id_of, values_of
from command_line.installation import now, read_session
from command_line.saving import saving
from command_line.show import console, emit_json, json_option, money
from models import Client, RateTable, RoutingPlan, TaxProfile
from services.accounts.client_fields import CLIENT_FIELDS
from services.accounts.client_report import client_list, find_client_report
from services.accounts.delete_client import delete_client
from services.accounts.save_client import SavedClient, create_client, update_client

TABLES = {
    "originator_rate_table_id": RateTable,
    "originator_routing_plan_id": RoutingPlan,
    "terminator_rate_table_id": RateTable,
    "tax_profile_id": TaxProfile,
}
version_option = click.option("--version", type=int, help="The version that you looked at: refused if changed since.")


@click.group()
def client() -> None:
    """Clients: companies that send calls to us or take ours, and their money."""


@client.command("list")
@click.option("--search", help="Only names that hold this.")
@click.option("--with-deleted", is_flag=True, help="Those marked deleted, too.")
@json_option
def list_(search: str | None, *, with_deleted: bool, as_json: bool) -> None:
    """List the clients with their wallets."""
    with read_session() as session:
        found = client_list(session, search=search, with_deleted=with_deleted)
    if as_json:
        emit_json(found)
        return
    table = Table("ID", "Client", "State", "Pays", box=None)
    for title in ("Balance", "Held", "Credit limit", "Accounts"):
        table.add_column(title, justify="right")
    for row in found:
        amounts = (money(row[f"{name}_micros"], row["currency"]) for name in ("balance", "held", "credit_limit"))
        table.add_row(str(row["id"]), row["name"], row["state"], row["pays"], *amounts, str(row["accounts"]))
    console.print(table)


@client.command()
@click.argument("name")
@json_option
def show(name: str, *, as_json: bool) -> None:
    """Show the client NAME: its money, its tables, its accounts."""
    with read_session() as session:
        report = find_client_report(session, name)
    if report is None:
        raise Failure(f"There is no client {name!r}.", "callingcard client list")
    if as_json:
        emit_json(report)
        return
    table = Table(show_header=False, box=None)
    for key, value in report.items():
        shown = money(value, report["currency"]) if key.endswith("_micros") else value
        text = ", ".join(shown) if isinstance(shown, list) else shown
        table.add_row(key.removesuffix("_micros").replace("_", " "), "-" if text in (None, "") else str(text))
    console.print(table)


@client.command()
@click.argument("name")
@click.option("--currency", required=True, help="ISO code of its wallet, such as USD; fixed for good.")
@field_options(CLIENT_FIELDS)
@json_option
def create(name: str, currency: str, *, as_json: bool, **asked: Any) -> None:  # noqa: ANN401 (the options)
    """Create the client NAME. Without a credit limit it is prepaid."""
    with saving() as session:
        values = values_of(session, CLIENT_FIELDS, asked, TABLES)
        saved = create_client(session, {**values, "name": name, "currency": currency}, cli_actor(), now())
    _tell(name, saved, "saved", as_json=as_json)


@client.command()
@click.argument("name")
@click.option("--new-name", help="Another name for it.")
@version_option
@field_options(CLIENT_FIELDS)
@json_option
def edit(name: str, *, new_name: str | None, version: int | None, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Change settings of the client NAME; what is not given stays."""
    with saving() as session:
        values = values_of(session, CLIENT_FIELDS, {**asked, "name": new_name}, TABLES)
        saved = update_client(session, _client_id(session, name), version, values, cli_actor(), now())
    _tell(new_name or name, saved, "saved", as_json=as_json)


@client.command()
@click.argument("name")
@version_option
@json_option
def disable(name: str, *, version: int | None, as_json: bool) -> None:
    """Stop all calls of and to the client NAME; `edit --is-enabled` lets it call again."""
    with saving() as session:
        saved = update_client(session, _client_id(session, name), version, {"is_enabled": False}, cli_actor(), now())
    _tell(name, saved, "disabled", as_json=as_json)


@client.command()
@click.argument("name")
@version_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete(name: str, *, version: int | None, yes: bool, as_json: bool) -> None:
    """Mark the client NAME deleted. It needs an empty wallet and no accounts; `disable` is enough to stop it."""
    if not yes:
        click.confirm(f"Delete the client {name}? It cannot be brought back", abort=True, err=True)
    with saving() as session:
        saved = delete_client(session, _client_id(session, name), version, cli_actor(), now())
    _tell(name, saved, "deleted", as_json=as_json)


def _client_id(session: Session, name: str) -> int:
    return id_of(session, Client, "client", name)


def _tell(name: str, saved: SavedClient, act: str, *, as_json: bool) -> None:
    if as_json:
        emit_json(asdict(saved))
    else:
        console.print(f"The client {name} is {act} (version {saved.version}).")


for command in CLIENT_MONEY:
    client.add_command(command)
