"""callingcard calls: past calls, calls that are up, and calls that someone should look at."""

from dataclasses import asdict
from typing import Any

import click
from rich.table import Table

from command_line.actor import cli_actor
from command_line.call_filters import call_filter, call_filter_options
from command_line.calls_report import export, report, rollup
from command_line.errors import Failure
from command_line.form import id_of
from command_line.installation import now, read_session, write_session
from command_line.own_rows import own_reseller_id
from command_line.show import console, emit_json, json_option, money
from models import Reseller
from services.calls.call_alarms import Alarm, close_alarms, open_alarms
from services.calls.call_report import CALLS_SHOWN_MAX, CallFilter
from services.calls.call_report import calls as past_calls
from services.live.live_report import LiveCallRow, asterisk_states, live_calls


@click.group()
def calls() -> None:
    """Past calls, calls that are up, and alarms."""


calls.add_command(report)
calls.add_command(rollup)
calls.add_command(export)


@calls.command("list")
@call_filter_options
@click.option("--reseller", help="Only the calls of this reseller's cards, as the reseller sees them.")
@click.option("--newest", type=click.IntRange(1, CALLS_SHOWN_MAX), default=20, show_default=True, help="How many.")
@json_option
def list_calls(reseller: str | None, newest: int, *, as_json: bool, **chosen: Any) -> None:  # noqa: ANN401 (click's)
    """List calls, newest first, with every figure of their charge."""
    with read_session() as session:
        owner = None if reseller is None else id_of(session, Reseller, "reseller", reseller)
        found = past_calls(session, call_filter(newest=newest, reseller_id=own_reseller_id() or owner, **chosen))
    if as_json:
        emit_json(found)
    elif found:
        console.print(_table(found))
    elif any(value is not None for value in chosen.values()):
        console.print("No such calls.")
    else:
        console.print("No calls yet. Place one: callingcard call, or callingcard dial 18005550100")


@calls.command()
@click.argument("call_id")
def show(call_id: str) -> None:
    """Show one call whole, as JSON: what was heard and pressed, the routes tried, the charge line by line."""
    with read_session() as session:
        found = past_calls(session, CallFilter(call_id=call_id, reseller_id=own_reseller_id()))
    if not found:
        raise Failure(f"There is no call {call_id}.", "callingcard calls list --json")
    emit_json(found[0])


@calls.command()
@json_option
def live(*, as_json: bool) -> None:
    """Calls that are up now, and each Asterisk, as the watcher knows them."""
    with read_session() as session:
        up, asterisks = live_calls(session), asterisk_states(session)
    if as_json:
        emit_json({"asterisks": [asdict(one) for one in asterisks], "calls": [asdict(one) for one in up]})
        return
    for asterisk in asterisks:
        console.print(f"Asterisk {asterisk.name}: {asterisk.says}")
    if not asterisks:
        console.print("No watcher has run yet. Start it: callingcard watch")
    console.print(_live_table(up) if up else "No call is up.")


@calls.command()
@click.option("--close", "call_id", metavar="CALL_ID", help="Take this call off the list.")
@json_option
def alarms(call_id: str | None, *, as_json: bool) -> None:
    """List calls that someone should look at: charged by a guess, settled late, or differing from Asterisk's log."""
    if call_id is not None:
        with write_session() as session:
            if not close_alarms(session, call_id, cli_actor(), now()):
                raise Failure(f"No alarm of call {call_id} is open.", "callingcard calls alarms")
    with read_session() as session:
        found = open_alarms(session)
    if as_json:
        emit_json([asdict(alarm) for alarm in found])
    elif found:
        console.print(_alarm_table(found))
    else:
        console.print("No alarms.")


def _alarm_table(found: list[Alarm]) -> Table:
    table = Table("noted", "why", "details", "call id", box=None)
    for alarm in found:
        table.add_row(f"{alarm.noted_at:%Y-%m-%d %H:%M:%S}", alarm.kind.value, alarm.details, alarm.call_id)
    return table


def _live_table(up: list[LiveCallRow]) -> Table:
    table = Table("placed", "card", "destination", "carrier", "state", box=None)
    table.add_column("limit s", justify="right")
    table.add_column("call id")
    for call in up:
        state = "talks" if call.answered_at else "is dialled"
        placed = f"{call.placed_at:%H:%M:%S}"
        table.add_row(
            placed, call.card or "-", call.destination, call.route, state, str(call.limit_seconds), call.call_id
        )
    return table


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table("placed", "card or account", "destination", "outcome", "carrier", box=None)
    for name in ("talk s", "limit s", "cost"):
        table.add_column(name, justify="right")
    table.add_column("call id")
    for call in found:
        table.add_row(
            call["placed_at"][:19].replace("T", " "),
            call["card"] or call["account"] or "-",
            f"{call['destination']} {call['destination_name']}",
            call["disposition"],
            call.get("carrier") or "-",
            str(call["talk_seconds"]),
            str(call["limit_seconds"]),
            money(call["cost_micros"], call["currency"]),
            call["call_id"],
        )
    return table
