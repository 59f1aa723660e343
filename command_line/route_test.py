"""callingcard route test: the ordered routes of a number, and why any carrier is passed over."""

import secrets
from datetime import datetime

import click

from billing.refusals import Refusal
from billing.share import DRAWS
from command_line.form import id_of
from command_line.installation import now, read_session, settings
from command_line.own_rows import known_card
from command_line.rate_lookup import refusing_simulation
from command_line.rate_options import MOMENT
from command_line.route_table import show_routes
from command_line.show import console, emit_json, json_option
from models import RateTable, RoutingPlan
from services.rates.simulate_call import AskedCall
from services.routing.explain_routes import (
    ExplainedCall,
    explain_card_routes,
    explain_table_routes,
)


@click.command()
@click.argument("number")
@click.option("--card", help="As a call of this card.")
@click.option("--table", help="As a call that this rate table sells (with --plan).")
@click.option("--plan", help="By this routing plan (with --table).")
@click.option("--tag", default="", help="Of an account with this originator tag (only with --plan).")
@click.option("--at", type=MOMENT, help="At which moment.  [default: now]")
@json_option
def test(
    number: str,
    *,
    card: str | None,
    table: str | None,
    plan: str | None,
    tag: str,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Show which carriers a call to NUMBER would be offered to, in order, and why others are passed over.

    What a share or a pool leaves to chance is drawn anew each time.
    """
    if (card is None) == (table is None) or (table is None) != (plan is None):
        raise click.UsageError("Give either --card NUMBER, or --table NAME with --plan NAME.")
    asked = AskedCall(number, at or now(), settings().zone)
    draw = secrets.randbelow(DRAWS)
    with refusing_simulation(), read_session() as session:
        if card is not None:
            explained = explain_card_routes(session, asked, known_card(session, card), draw)
        else:
            table_id = id_of(session, RateTable, "rate table", table or "")
            plan_id = id_of(session, RoutingPlan, "routing plan", plan or "")
            explained = explain_table_routes(session, asked, table_id, plan_id, tag, draw)
    if as_json:
        emit_json(explained.as_object())
    else:
        _show(explained)


def _show(explained: ExplainedCall) -> None:
    call = explained.call
    if call.rate is None and call.refusal not in (None, Refusal.NO_RATE):
        console.print(f"{call.number}: no carrier is asked, the caller is refused: {call.refusal}.")
        return
    if call.rate is None:
        console.print(f"{call.number}: the rate table {call.rate_table} has no rate.")
        return
    if call.price is None:
        console.print(f"{call.number}: the rate table {call.rate_table} blocks it.")
        return
    console.print(f"{call.number} {call.rate.destination_name}, sold by {call.rate_table}: {call.limit_seconds} s")
    if call.refusal is not None:
        console.print(f"[yellow]The caller is refused before any carrier is asked:[/] {call.refusal.value}")
    show_routes(explained)
