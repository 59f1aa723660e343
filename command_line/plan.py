"""callingcard plan: IVR plans and their access numbers."""

from typing import Any

import click
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_line.actor import cli_actor
from command_line.errors import Failure
from command_line.form import field_options, id_of, values_of
from command_line.installation import now, read_session, write_session
from command_line.show import console, emit_json, json_option
from ivr_prompts.language import languages
from models import CardGroup, IvrPlan
from services.products.group_report import find_plan_report, plan_list
from services.products.save_access_number import NUMBER_FIELDS, save_access_number
from services.products.save_ivr_plan import PLAN_FIELDS, SavedPlan, save_ivr_plan
from services.store.fields import FieldsRefused

TABLES = {"ivr_plan_id": IvrPlan}


@click.group()
def plan() -> None:
    """IVR plans: which card groups an access number accepts, and how callers are asked."""


@plan.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the IVR plans."""
    with read_session() as session:
        found = plan_list(session)
    if as_json:
        emit_json(found)
        return
    table = Table("Plan", "Open", "PINless", "Languages", "Access numbers", "Groups", box=None)
    for row in found:
        numbers = ", ".join(number["number"] for number in row["access_numbers"]) or "-"
        open_, pinless = ("yes" if row[name] else "no" for name in ("is_enabled", "pinless_enabled"))
        table.add_row(row["name"], open_, pinless, " ".join(row["languages"]), numbers, ", ".join(row["groups"]) or "-")
    console.print(table)


@plan.command()
@click.argument("name")
def show(name: str) -> None:
    """Show the IVR plan NAME whole, as JSON."""
    with read_session() as session:
        report = find_plan_report(session, name)
    if report is None:
        raise Failure(f"There is no IVR plan {name!r}.", "callingcard plan list")
    emit_json(report)


@plan.command()
@click.argument("name")
@click.option("--new-name", help="Another name for it.")
@click.option("--group", "groups", multiple=True, help="A card group that it accepts; all of them, if any is given.")
@click.option("--language", "codes", multiple=True, help="A language that it speaks, the first one first.")
@click.option("--access-number", "access_numbers", multiple=True, help="A number to assign to it.")
@click.option("--warn-at", "warning_seconds", type=int, multiple=True, help="Seconds before the end to warn at.")
@click.option("--emergency-number", "emergency_numbers", multiple=True, help="A number that is never dialled.")
@field_options(PLAN_FIELDS)
@json_option
def save(name: str, *, new_name: str | None, as_json: bool, **asked: Any) -> None:  # noqa: ANN401 (the options)
    """Create or change the IVR plan NAME; what is not given stays."""
    try:
        with write_session() as session:
            saved = _save(session, name, new_name, asked)
    except FieldsRefused as refused:
        raise Failure(str(refused)) from refused
    if as_json:
        emit_json({"id": saved.id, "warnings": list(saved.warnings)})
        return
    console.print(f"The IVR plan {new_name or name} is saved.")
    for warning in saved.warnings:
        console.print(f"[yellow]Note:[/] {warning}")


@plan.command()
@click.argument("number")
@field_options(NUMBER_FIELDS)
def number(number: str, **asked: Any) -> None:  # noqa: ANN401 (the options)
    """Create or change the access NUMBER: its plan, language, surcharge."""
    try:
        with write_session() as session:
            values = values_of(session, NUMBER_FIELDS, asked, TABLES)
            save_access_number(session, number, values, cli_actor(), now())
    except FieldsRefused as refused:
        raise Failure(str(refused)) from refused
    console.print(f"The access number {number} is saved.")


def _save(session: Session, name: str, new_name: str | None, asked: dict[str, Any]) -> SavedPlan:
    plan_id = session.scalars(select(IvrPlan.id).where(IvrPlan.name == name)).one_or_none()
    values = values_of(session, PLAN_FIELDS, asked, TABLES)
    lists = ("access_numbers", "warning_seconds", "emergency_numbers")
    values |= {key: list(asked[key]) for key in lists if asked[key]}
    if asked["codes"]:
        values["languages"] = list(asked["codes"])
    if asked["groups"]:
        values["group_ids"] = [id_of(session, CardGroup, "card group", group) for group in asked["groups"]]
    if new_name is not None or plan_id is None:
        values["name"] = new_name or name
    return save_ivr_plan(session, plan_id, values, cli_actor(), now(), known_languages=languages())
