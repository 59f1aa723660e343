"""The carriers of a call on the terminal: in the order in which they are tried, and why others are passed over."""

from rich.table import Table

from command_line.show import console, money
from services.routing.explain_routes import ExplainedCall, ExplainedRoute

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


def show_routes(explained: ExplainedCall) -> None:
    seconds = explained.compared_seconds
    table = Table("", "Carrier", "Dialled", "Caller id", "Ring", "Lines", box=None)
    for name in ("Prefix", f"Buy {seconds} s", f"Sell {seconds} s", "Margin"):
        table.add_column(name, justify="right")
    table.add_column("Passed over")
    for route in explained.routes:
        table.add_row(*_row(route, explained.call.currency))
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
