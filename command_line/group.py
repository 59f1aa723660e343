"""callingcard group: card groups, and the destinations that their cards may call."""

from typing import Any

import click
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_line.actor import cli_actor
from command_line.destination_rules import RULE_COMMANDS
from command_line.errors import Failure
from command_line.form import field_options, values_of
from command_line.group_announcements import ANNOUNCEMENT_COMMANDS
from command_line.installation import now, read_session, settings, write_session
from command_line.show import console, emit_json, json_option, money
from models import CardGroup, RoutingPlan
from services.products.card_group_fields import GROUP_FIELDS
from services.products.group_report import find_group_report, group_list
from services.products.save_card_group import SavedGroup, create_card_group, update_card_group
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile

TABLES = {"routing_plan_id": RoutingPlan}


@click.group()
def group() -> None:
    """Card groups: the products, and what their callers are asked and told."""


@group.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the card groups."""
    with read_session() as session:
        found = group_list(session)
    if as_json:
        emit_json(found)
        return
    table = Table("Group", "Currency", "Type", "Asks for", "Digits", "Series", box=None)
    for row in found:
        texts = ("name", "currency", "card_type", "pin_entry_mode", "number_length", "series")
        table.add_row(*(str(row[name]) for name in texts))
    console.print(table)


@group.command()
@click.argument("name")
@json_option
def show(name: str, *, as_json: bool) -> None:
    """Show every setting of the group NAME."""
    with read_session() as session:
        report = find_group_report(session, name)
    if report is None:
        raise Failure(f"There is no card group {name!r}.", "callingcard group list")
    if as_json:
        emit_json(report)
        return
    table = Table(show_header=False, box=None)
    for key, value in report.items():
        table.add_row(key.removesuffix("_micros").replace("_", " "), _shown(key, value, report["currency"]))
    console.print(table)


@group.command()
@click.argument("name")
@field_options(GROUP_FIELDS)
@json_option
def create(name: str, *, as_json: bool, **asked: Any) -> None:  # noqa: ANN401 (the options)
    """Create the card group NAME; only its currency is needed."""
    _save(name, asked, as_json=as_json, version=None, is_new=True)


@group.command()
@click.argument("name")
@click.option("--new-name", help="Another name for it.")
@click.option("--version", type=int, help="The version that you looked at: refused if it was changed since.")
@field_options(GROUP_FIELDS)
@json_option
def edit(name: str, *, new_name: str | None, version: int | None, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Change settings of the card group NAME; what is not given stays."""
    _save(name, {**asked, "name": new_name}, as_json=as_json, version=version, is_new=False)


def _save(name: str, asked: dict[str, Any], *, as_json: bool, version: int | None, is_new: bool) -> None:
    try:
        with write_session() as session:
            values = values_of(session, GROUP_FIELDS, asked, TABLES)
            how = {"ghost_above_100_allowed": settings().allow_ghost_above_100}
            if is_new:
                saved = create_card_group(session, {**values, "name": name}, cli_actor(), now(), **how)
            else:
                group_id = _group_id(session, name)
                saved = update_card_group(session, group_id, version, values, cli_actor(), now(), **how)
    except (FieldsRefused, ChangedMeanwhile) as refused:
        raise Failure(str(refused)) from refused
    _tell(name, saved, as_json=as_json)


def _tell(name: str, saved: SavedGroup, *, as_json: bool) -> None:
    if as_json:
        emit_json({"id": saved.id, "version": saved.version})
    else:
        console.print(f"The card group {name} is saved (version {saved.version}).")


def _group_id(session: Session, name: str) -> int:
    found = session.scalars(select(CardGroup.id).where(CardGroup.name == name)).one_or_none()
    if found is None:
        raise Failure(f"There is no card group {name!r}.", "callingcard group list")
    return found


def _shown(key: str, value: Any, currency: str) -> str:  # noqa: ANN401 (JSON's values)
    if value is None:
        return "-"
    if key.endswith("_micros"):
        return money(value, currency)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) or "-" if isinstance(value, list) else str(value)


for command in (*RULE_COMMANDS, *ANNOUNCEMENT_COMMANDS):
    group.add_command(command)
