"""callingcard series: make card series, list them, show one."""

from typing import Final

import click
from rich.table import Table

from command_line.errors import Failure
from command_line.form import id_of
from command_line.installation import read_session
from command_line.lazy_group import LazyGroup
from command_line.own_rows import own_reseller_id
from command_line.show import console, emit_json, json_option, money
from models import Reseller
from services.series.count_cards import count_cards
from services.series.series_report import SERIES_SHOWN_MAX, find_series_report, series_list

COMMANDS: Final = {
    "activate": ("command_line.series_states:activate", "Let the cards of the stopped series NUMBER call again."),
    "block": ("command_line.series_states:block", "Block the cards of series NUMBER."),
    "delete": (
        "command_line.series_states:delete",
        "Mark series NUMBER as deleted: nothing is erased, its cards are refused.",
    ),
    "edit": (
        "command_line.edit_series:edit",
        "Change the terms of series NUMBER: they hold for calls and fees from now on.",
    ),
    "export": (
        "command_line.series_files:export_cards",
        "Write all cards of the series NUMBER to FILE: MOR's columns, status and expiry.",
    ),
    "generate": ("command_line.generate_series:generate", "Make a series of cards."),
    "import": (
        "command_line.import_series:import_series",
        "Import the cards of FILE, a CSV as the other system wrote it.",
    ),
    "print": (
        "command_line.print_series:print_series",
        "Write the unused cards of the series NUMBER with their PINs to FILE, a PDF for A4.",
    ),
    "release": (
        "command_line.series_states:release",
        "Make the cards of series NUMBER ready: inactive becomes pending.",
    ),
    "sell": (
        "command_line.series_states:sell",
        "Sell the cards of series NUMBER: they are ready, and their place or distributor is noted.",
    ),
    "stop": (
        "command_line.series_states:stop",
        "Refuse the cards of series NUMBER until it is activated again (a deleted one comes back).",
    ),
    "unblock": (
        "command_line.series_states:unblock",
        "Unblock the cards of series NUMBER: each is what it was before.",
    ),
    "unsell": (
        "command_line.series_states:unsell",
        "Take back sales and releases of cards of series NUMBER that no one has used.",
    ),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def series() -> None:
    """Card series: batches of cards with the same terms."""


@series.command("list")
@click.option("--reseller", help="Only the series of this reseller.")
@json_option
def list_(reseller: str | None, *, as_json: bool) -> None:
    """List the series, the newest first."""
    with read_session() as session:
        owner = None if reseller is None else id_of(session, Reseller, "reseller", reseller)
        found = series_list(session, reseller_id=own_reseller_id() or owner)
    if as_json:
        emit_json(found)
        return
    table = Table(box=None)
    for title in ("Series", "Name", "Group", "Reseller", "Status", "Cards", "Value"):
        table.add_column(title, justify="right" if title in ("Series", "Cards", "Value") else "left")
    for row in found:
        is_made = row["cards_made"] == row["quantity"]
        cards = str(row["quantity"]) if is_made else f"{row['cards_made']} of {row['quantity']}"
        value = money(row["face_value_micros"], row["currency"])
        who = row["reseller"] or "-"
        table.add_row(str(row["number"]), row["name"] or "-", row["card_group"], who, row["status"], cards, value)
    console.print(table)
    if len(found) == SERIES_SHOWN_MAX:
        console.print(f"Only the newest {SERIES_SHOWN_MAX} are shown.")


@series.command()
@click.argument("number", type=int)
@json_option
def show(number: int, *, as_json: bool) -> None:
    """Show the series NUMBER: its terms, and its cards by state."""
    with read_session() as session:
        report = find_series_report(session, number, reseller_id=own_reseller_id())
        if report is None:
            raise Failure(f"There is no series {number}.", "callingcard series list")
        report["cards"] = {status.value: count for status, count in count_cards(session, report.pop("id")).items()}
    if as_json:
        emit_json(report)
        return
    table = Table(show_header=False, box=None)
    for name, value in report.items():
        if name == "cards":
            shown = ", ".join(f"{count} {status}" for status, count in value.items() if count) or "-"
        else:
            shown = (
                money(value, report["currency"]) if name.endswith("_micros") else "-" if value is None else str(value)
            )
        table.add_row(name.removesuffix("_micros").replace("_", " "), shown)
    console.print(table)
