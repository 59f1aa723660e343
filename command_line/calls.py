"""callingcard calls: past calls."""

from typing import Any

import click
from rich.table import Table

from billing.card_number import CardNumberRefused, keyed_number
from command_line.errors import Failure
from command_line.installation import read_session
from command_line.show import console, emit_json, json_option, money
from services.calls.call_report import CALLS_SHOWN_MAX, CallFilter
from services.calls.call_report import calls as past_calls


@click.group()
def calls() -> None:
    """Past calls."""


@calls.command("list")
@click.option("--card", "card_number", help="Only the calls of this card.")
@click.option("--newest", type=click.IntRange(1, CALLS_SHOWN_MAX), default=20, show_default=True, help="How many.")
@json_option
def list_calls(card_number: str | None, newest: int, *, as_json: bool) -> None:
    """List calls, newest first, with every figure of their charge."""
    with read_session() as session:
        found = past_calls(session, CallFilter(card_number=_digits(card_number), newest=newest))
    if as_json:
        emit_json(found)
    elif found:
        console.print(_table(found))
    else:
        console.print("No calls yet. Place one: callingcard call, or callingcard dial 18005550100")


@calls.command()
@click.argument("call_id")
def show(call_id: str) -> None:
    """Show one call whole, as JSON: what was heard and pressed, the routes tried, the charge line by line."""
    with read_session() as session:
        found = past_calls(session, CallFilter(call_id=call_id))
    if not found:
        raise Failure(f"There is no call {call_id}.", "callingcard calls list --json")
    emit_json(found[0])


def _digits(card_number: str | None) -> str | None:
    try:
        return None if card_number is None else keyed_number(card_number)
    except CardNumberRefused as refused:
        raise click.BadParameter(str(refused)) from refused


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table("placed", "card", "destination", "outcome", "carrier", box=None)
    for name in ("talk s", "limit s", "cost"):
        table.add_column(name, justify="right")
    table.add_column("call id")
    for call in found:
        table.add_row(
            call["placed_at"][:19].replace("T", " "),
            call["card"] or "-",
            f"{call['destination']} {call['destination_name']}",
            call["disposition"],
            call["carrier"] or "-",
            str(call["talk_seconds"]),
            str(call["limit_seconds"]),
            money(call["cost_micros"], call["currency"]),
            call["call_id"],
        )
    return table
