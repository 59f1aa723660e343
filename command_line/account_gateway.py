"""callingcard account gateway: hosts through which calls come to us, to which accounts can be restricted."""

from dataclasses import asdict

import click
from rich.table import Table

from command_line.actor import cli_actor
from command_line.form import id_of
from command_line.installation import now, read_session
from command_line.saving import saving
from command_line.show import console, emit_json, json_option
from models import Gateway
from services.accounts.save_gateway import create_gateway, delete_gateway, gateway_list, update_gateway
from services.accounts.switch_gateway import switch_gateway

version_option = click.option("--version", type=int, help="The version that you looked at: refused if changed since.")


@click.group()
def gateway() -> None:
    """Gateways: hosts through which calls come; `account edit --gateways` restricts an account to some."""


@gateway.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the gateways."""
    with read_session() as session:
        found = gateway_list(session)
    if as_json:
        emit_json(found)
        return
    table = Table("Gateway", "State", "Address", "Accounts", "Notes", box=None)
    for row in found:
        state = "enabled" if row["is_enabled"] else "disabled"
        table.add_row(row["name"], state, row["address"], str(row["accounts"]), row["notes"] or "")
    console.print(table)


@gateway.command()
@click.argument("name")
@click.argument("address")
@click.option("--notes", help="Anything to remember.")
@json_option
def create(name: str, address: str, notes: str | None, *, as_json: bool) -> None:
    """Create the gateway NAME with the one ADDRESS that its calls show."""
    with saving() as session:
        saved = create_gateway(session, {"name": name, "address": address, "notes": notes}, cli_actor(), now())
    if as_json:
        emit_json(asdict(saved))
    else:
        console.print(f"The gateway {name} is saved.")


@gateway.command()
@click.argument("name")
@click.option("--new-name", help="Another name for it.")
@click.option("--address", help="Another address.")
@click.option("--notes", help="Anything to remember.")
@version_option
@json_option
def edit(
    name: str, new_name: str | None, address: str | None, notes: str | None, version: int | None, *, as_json: bool
) -> None:
    """Change the gateway NAME; what is not given stays."""
    asked = {"name": new_name, "address": address, "notes": notes}
    changes = {field: text for field, text in asked.items() if text is not None}
    with saving() as session:
        gateway_id = id_of(session, Gateway, "gateway", name)
        saved = update_gateway(session, gateway_id, version, changes, cli_actor(), now())
    if as_json:
        emit_json(asdict(saved))
    else:
        console.print(f"The gateway {new_name or name} is saved (version {saved.version}).")


@gateway.command()
@click.argument("name")
@version_option
def delete(name: str, version: int | None) -> None:
    """Delete the gateway NAME; refused while an account is restricted to it."""
    with saving() as session:
        delete_gateway(session, id_of(session, Gateway, "gateway", name), version, cli_actor(), now())
    console.print(f"The gateway {name} is deleted.")


@gateway.command()
@click.argument("name")
@version_option
def disable(name: str, version: int | None) -> None:
    """Refuse calls through the gateway NAME from now on; calls that are up go on."""
    _switch(name, version, is_enabled=False)
    console.print(f"Calls through the gateway {name} are refused from now on; calls that are up go on.")


@gateway.command()
@click.argument("name")
@version_option
def enable(name: str, version: int | None) -> None:
    """Take calls through the gateway NAME again."""
    _switch(name, version, is_enabled=True)
    console.print(f"Calls through the gateway {name} are taken again, once Asterisk knows: callingcard asterisk apply")


def _switch(name: str, version: int | None, *, is_enabled: bool) -> None:
    with saving() as session:
        gateway_id = id_of(session, Gateway, "gateway", name)
        switch_gateway(session, gateway_id, version, cli_actor(), now(), is_enabled=is_enabled)
