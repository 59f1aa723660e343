"""callingcard route: routing plans, their carriers and rules."""

from typing import Any

import click
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_line.actor import cli_actor
from command_line.errors import Failure, refusing
from command_line.form import field_options, id_of, values_of
from command_line.installation import now, read_session, write_session
from command_line.route_rules import rule
from command_line.route_show import show_plan
from command_line.route_test import test
from command_line.route_test_call import test_call
from command_line.show import console, emit_json, json_option
from models import RoutingPlan
from services.routing.plan_fields import CARRIER_FIELDS, PLAN_FIELDS
from services.routing.plan_report import find_plan_report, routing_plans
from services.routing.save_routing_plan import (
    SavedPlan,
    create_routing_plan,
    delete_routing_plan,
    remove_plan_carrier,
    set_plan_carrier,
    update_routing_plan,
)

version_option = click.option("--version", type=int, help="The version that you looked at: refused if changed since.")


@click.group()
def route() -> None:
    """Routing plans: which carriers take a call, in which order."""


@route.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the routing plans."""
    with read_session() as session:
        found = routing_plans(session)
    if as_json:
        emit_json(found)
        return
    table = Table("Plan", "Strategy", "Routes", "Cap", "Loss guard", "Carriers", "Rules", box=None)
    for row in found:
        cap = "-" if row["price_cap_percent"] is None else f"{row['price_cap_percent']} %"
        guard = "yes" if row["loss_guard"] else "no"
        counts = (str(row["carriers"]), str(row["rules"]))
        table.add_row(row["name"], row["strategy"].value, str(row["routes_max"]), cap, guard, *counts)
    console.print(table)


@route.command()
@click.argument("plan")
@json_option
def show(plan: str, *, as_json: bool) -> None:
    """Show the routing PLAN: its carriers with what they carry now, its rules, and who uses it."""
    with read_session() as session:
        report = find_plan_report(session, plan)
    if report is None:
        raise Failure(f"There is no routing plan {plan!r}.", "callingcard route list")
    if as_json:
        emit_json(report)
    else:
        show_plan(report)


@route.command()
@click.argument("plan")
@click.option("--new-name", help="Another name for it.")
@version_option
@field_options(PLAN_FIELDS)
@json_option
def save(plan: str, *, new_name: str | None, version: int | None, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Create or change the routing PLAN; what is not given stays."""
    with refusing(), write_session() as session:
        plan_id = session.scalars(select(RoutingPlan.id).where(RoutingPlan.name == plan)).one_or_none()
        values = values_of(session, PLAN_FIELDS, {**asked, "name": new_name}, {})
        if plan_id is None:
            saved = create_routing_plan(session, {"name": plan, **values}, cli_actor(), now())
        else:
            saved = update_routing_plan(session, plan_id, version, values, cli_actor(), now())
    _tell(f"The routing plan {new_name or plan} is saved (version {saved.version}).", saved, as_json=as_json)


@route.command()
@click.argument("plan")
@version_option
def delete(plan: str, *, version: int | None) -> None:
    """Delete the routing PLAN with its rules; refused while anyone uses it."""
    with refusing(), write_session() as session:
        delete_routing_plan(session, _plan_id(session, plan), version, cli_actor(), now())
    console.print(f"The routing plan {plan} is deleted.")


@route.command()
@click.argument("plan")
@click.argument("endpoint")
@click.option("--remove", is_flag=True, help="It takes no calls of the plan any more.")
@version_option
@field_options(CARRIER_FIELDS)
@json_option
def carrier(plan: str, endpoint: str, *, remove: bool, version: int | None, as_json: bool, **asked: Any) -> None:  # noqa: ANN401
    """Let the carrier ENDPOINT (the account's name in Asterisk) take calls of PLAN, or change its terms there."""
    with refusing(), write_session() as session:
        plan_id = _plan_id(session, plan)
        values = values_of(session, CARRIER_FIELDS, asked, {})
        if remove and values:
            raise click.UsageError("--remove takes no terms.")
        if remove:
            saved = remove_plan_carrier(session, plan_id, version, endpoint, cli_actor(), now())
        else:
            saved = set_plan_carrier(session, plan_id, version, endpoint, values, cli_actor(), now())
    told = "is no carrier" if remove else "is a carrier"
    _tell(f"{endpoint} {told} of {plan} (version {saved.version}).", saved, as_json=as_json)


def _plan_id(session: Session, name: str) -> int:
    return id_of(session, RoutingPlan, "routing plan", name)


def _tell(sentence: str, saved: SavedPlan, *, as_json: bool) -> None:
    if as_json:
        emit_json({"id": saved.id, "version": saved.version})
    else:
        console.print(sentence)


for command in (rule, test, test_call):
    route.add_command(command)
