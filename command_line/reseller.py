"""callingcard reseller: who sells cards under the platform, and which series are whose."""

import click
from rich.table import Table

from command_line.actor import cli_actor
from command_line.errors import refusing
from command_line.form import id_of
from command_line.installation import now, read_session, settings, write_session
from command_line.show import console, emit_json, json_option
from models import Reseller
from services.resellers.reseller_report import reseller_list
from services.resellers.save_reseller import SavedReseller, assign_series, create_reseller, update_reseller


@click.group()
def reseller() -> None:
    """Resellers: they own series and see only theirs."""


@reseller.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the resellers with their series."""
    with read_session() as session:
        found = reseller_list(session)
    if as_json:
        emit_json(found)
        return
    table = Table("Reseller", "Series", box=None)
    table.add_column("Cards", justify="right")
    for row in found:
        name = row["name"] if row["is_enabled"] else f"{row['name']} (off)"
        table.add_row(name, ", ".join(map(str, row["series"])) or "-", str(row["cards"]))
    console.print(table)


@reseller.command()
@click.argument("name")
@json_option
def create(name: str, *, as_json: bool) -> None:
    """Create the reseller NAME."""
    with refusing(), write_session() as session:
        saved = create_reseller(session, {"name": name}, cli_actor(), now())
    _tell(f"The reseller {name} is made.", saved, as_json=as_json)


@reseller.command()
@click.argument("name")
@click.option("--new-name", help="Another name for it.")
@click.option("--enabled/--disabled", "is_enabled", default=None, help="Whether series may be given to it.")
@click.option("--version", type=int, help="The version that you looked at: refused if changed since.")
@json_option
def edit(name: str, *, new_name: str | None, is_enabled: bool | None, version: int | None, as_json: bool) -> None:
    """Change the reseller NAME; what is not given stays."""
    asked = {"name": new_name, "is_enabled": is_enabled}
    changes = {key: value for key, value in asked.items() if value is not None}
    with refusing(), write_session() as session:
        reseller_id = id_of(session, Reseller, "reseller", name)
        saved = update_reseller(session, reseller_id, version, changes, cli_actor(), now())
    _tell(f"The reseller {new_name or name} is saved (version {saved.version}).", saved, as_json=as_json)


@reseller.command()
@click.argument("name")
@click.argument("series", type=int, nargs=-1, required=True)
def assign(name: str, series: tuple[int, ...]) -> None:
    """Give SERIES (numbers) to the reseller NAME; 'none' takes them back to the platform."""
    with refusing(), write_session() as session:
        reseller_id = None if name == "none" else id_of(session, Reseller, "reseller", name)
        assign_series(session, reseller_id, series, cli_actor(), now(), settings().zone)
    console.print(f"{len(set(series))} series now belong to {'the platform' if name == 'none' else name}.")


def _tell(sentence: str, saved: SavedReseller, *, as_json: bool) -> None:
    if as_json:
        emit_json({"id": saved.id, "version": saved.version})
    else:
        console.print(sentence)
