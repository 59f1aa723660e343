"""callingcard route test: the ordered routes of a number, and why any carrier is passed over."""

import secrets
from datetime import datetime

import click
from rich.table import Table

from billing.share import DRAWS
from command_line.errors import Failure
from command_line.form import id_of
from command_line.installation import now, read_session, settings
from command_line.rate_lookup import refusing_simulation
from command_line.rate_options import MOMENT
from command_line.show import console, emit_json, json_option, money
from models import RateTable, RoutingPlan
from services.cards.card_report import find_card_by_number
from services.rates.simulate_call import AskedCall
from services.routing.explain_routes import (
    ExplainedCall,
    ExplainedRoute,
    explain_card_routes,
    explain_table_routes,
)

REASONS = {
    "blocked": "blocked for this number",
    "other_tag": "not of the rule's tag",
    "other_currency": "its table is in another currency",
    "no_rate": "no rate for the number",
    "number_not_dialable": "the number cannot be dialled as it wants it",
    "loss": "the call would lose money",
    "full": "every line is busy",
    "rested": "rests after failures",
    "above_price_cap": "above the price cap",
    "beyond_routes_max": "beyond the routes that are tried",
}


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
            facts = find_card_by_number(session, card)
            if facts is None:
                raise Failure(f"There is no card {card}.", "callingcard series list")
            explained = explain_card_routes(session, asked, facts, draw)
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
    if call.rate is None:
        console.print(f"{call.number}: the rate table {call.rate_table} has no rate.")
        return
    if call.price is None:
        console.print(f"{call.number}: the rate table {call.rate_table} blocks it.")
        return
    console.print(f"{call.number} {call.rate.destination_name}, sold by {call.rate_table}: {call.limit_seconds} s")
    if call.refusal is not None:
        console.print(f"[yellow]The caller is refused before any carrier is asked:[/] {call.refusal.value}")
    seconds = explained.compared_seconds
    table = Table("", "Carrier", "Dialled", "Caller id", "Ring", "Lines", box=None)
    for name in ("Prefix", f"Buy {seconds} s", f"Sell {seconds} s", "Margin"):
        table.add_column(name, justify="right")
    table.add_column("Passed over")
    for route in explained.routes:
        table.add_row(*_row(route, call.currency))
    console.print(table)
    if not any(route.place for route in explained.routes):
        console.print("[yellow]No carrier takes this call.[/]")


def _row(route: ExplainedRoute, currency: str) -> list[str]:
    amounts = (route.buy_micros, route.sell_micros, route.margin_micros)
    return [
        "-" if route.place is None else str(route.place),
        route.endpoint,
        route.number or "-",
        route.shown or "-",
        f"{route.ring_seconds} s",
        route.lines or "-",
        route.prefix or "-",
        *("-" if amount is None else money(amount, currency) for amount in amounts),
        "" if route.reason is None else REASONS[route.reason.value],
    ]
