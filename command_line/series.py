"""callingcard series: make card series, list them, show one."""

import click
from rich.table import Table

from command_line.edit_series import SERIES_STATES
from command_line.errors import Failure
from command_line.form import id_of
from command_line.generate_series import generate
from command_line.import_series import import_series
from command_line.installation import read_session
from command_line.print_series import print_series
from command_line.series_files import export_cards
from command_line.show import console, emit_json, json_option, money
from models import Reseller
from services.series.series_report import SERIES_SHOWN_MAX, find_series_report, series_list


@click.group()
def series() -> None:
    """Card series: batches of cards with the same terms."""


@series.command("list")
@click.option("--reseller", help="Only the series of this reseller.")
@json_option
def list_(reseller: str | None, *, as_json: bool) -> None:
    """List the series, the newest first."""
    with read_session() as session:
        owner = None if reseller is None else id_of(session, Reseller, "reseller", reseller)
        found = series_list(session, reseller_id=owner)
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
        report = find_series_report(session, number)
    if report is None:
        raise Failure(f"There is no series {number}.", "callingcard series list")
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


series.add_command(generate)
for command in SERIES_STATES:
    series.add_command(command)
series.add_command(export_cards)
series.add_command(print_series)
series.add_command(import_series)
