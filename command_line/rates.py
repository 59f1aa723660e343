"""callingcard rates: rate tables, what they hold, and what a call costs by them."""

from typing import Any

import click
from rich.table import Table
from sqlalchemy.orm import Session

from command_line.actor import cli_actor
from command_line.errors import Failure, refusing
from command_line.form import field_options, id_of, values_of
from command_line.installation import now, read_session, write_session
from command_line.rate_changes import RATE_COMMANDS
from command_line.rate_lookup import LOOKUP_COMMANDS
from command_line.rates_imports import IMPORT_COMMANDS
from command_line.show import console, emit_json, json_option
from models import RateTable
from services.rates.rate_fields import TABLE_FIELDS
from services.rates.rate_report import find_table_report, rate_tables
from services.rates.save_rate_table import SavedTable, create_rate_table, delete_rate_table, update_rate_table

version_option = click.option("--version", type=int, help="The version that you looked at: refused if changed since.")


@click.group()
def rates() -> None:
    """Rate tables: what calls cost, sold or bought."""


@rates.command("list")
@click.option("--deleted", is_flag=True, help="Deleted tables too.")
@json_option
def list_(*, deleted: bool, as_json: bool) -> None:
    """List the rate tables."""
    with read_session() as session:
        found = rate_tables(session, with_deleted=deleted)
    if as_json:
        emit_json(found)
        return
    table = Table("Rate table", "Currency", box=None)
    table.add_column("Rates", justify="right")
    for row in found:
        name = f"{row['name']} (deleted)" if row["is_deleted"] else row["name"]
        table.add_row(name, row["currency"], str(row["rates"]))
    console.print(table)


@rates.command()
@click.argument("table")
@json_option
def show(table: str, *, as_json: bool) -> None:
    """Show the rate TABLE: its currency, how many rates, who uses it."""
    with read_session() as session:
        report = find_table_report(session, table)
    if report is None:
        raise Failure(f"There is no rate table {table!r}.", "callingcard rates list")
    if as_json:
        emit_json(report)
        return
    shown = Table(show_header=False, box=None)
    for key, value in report.items():
        text = ", ".join(value) or "-" if isinstance(value, list) else "-" if value is None else str(value)
        shown.add_row(key.replace("_", " "), text)
    console.print(shown)


@rates.command()
@click.argument("name")
@field_options(TABLE_FIELDS)
@json_option
def create(name: str, *, as_json: bool, **asked: Any) -> None:  # noqa: ANN401 (the options)
    """Create the rate table NAME; its currency is needed."""
    with refusing(), write_session() as session:
        saved = create_rate_table(session, {**_values(session, asked), "name": name}, cli_actor(), now())
    _tell(f"The rate table {name} is made.", saved, as_json=as_json)


@rates.command()
@click.argument("name")
@click.option("--new-name", help="Another name for it.")
@version_option
@field_options(TABLE_FIELDS)
@json_option
def edit(name: str, *, new_name: str | None, version: int | None, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Change the rate table NAME; what is not given stays."""
    with refusing(), write_session() as session:
        values = _values(session, {**asked, "name": new_name})
        saved = update_rate_table(session, table_id(session, name), version, values, cli_actor(), now())
    _tell(f"The rate table {new_name or name} is saved (version {saved.version}).", saved, as_json=as_json)


@rates.command()
@click.argument("name")
@version_option
@json_option
def delete(name: str, *, version: int | None, as_json: bool) -> None:
    """Delete the rate table NAME; refused while anyone uses it."""
    with refusing(), write_session() as session:
        saved = delete_rate_table(session, table_id(session, name), version, cli_actor(), now())
    _tell(f"The rate table {name} is deleted.", saved, as_json=as_json)


def table_id(session: Session, name: str) -> int:
    return id_of(session, RateTable, "rate table", name)


def _values(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    return values_of(session, TABLE_FIELDS, asked, {})


def _tell(sentence: str, saved: SavedTable, *, as_json: bool) -> None:
    if as_json:
        emit_json({"id": saved.id, "version": saved.version})
    else:
        console.print(sentence)


for command in (*RATE_COMMANDS, *LOOKUP_COMMANDS, *IMPORT_COMMANDS):
    rates.add_command(command)
