"""callingcard card: one card."""

import click
from rich.table import Table

from command_line.card_states import CARD_STATES
from command_line.installation import now, read_session
from command_line.own_rows import known_card
from command_line.show import console, emit_json, json_option, money
from services.cards.card_report import card_report


@click.group()
def card() -> None:
    """One card: what it is, what it holds."""


@card.command()
@click.argument("number")
@json_option
def show(number: str, *, as_json: bool) -> None:
    """Show the card NUMBER (with or without its dash): state, money, bound phones."""
    with read_session() as session:
        report = card_report(session, known_card(session, number), now())
    if as_json:
        emit_json(report)
        return
    table = Table(show_header=False, box=None)
    for name, value in report.items():
        shown = money(value, report["currency"]) if name.endswith("_micros") else value
        label = name.removesuffix("_micros").replace("_", " ")
        table.add_row(label, ", ".join(shown) if isinstance(shown, list) else "-" if shown is None else str(shown))
    console.print(table)


for command in CARD_STATES:
    card.add_command(command)
