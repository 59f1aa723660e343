"""callingcard rates imports, import-show, import-resume, undo: what was imported, and taking it back."""

from collections.abc import Callable

import click
from rich.table import Table

from command_line.actor import cli_actor
from command_line.errors import Failure, refusing
from command_line.form import id_of
from command_line.installation import now, read_session
from command_line.job_progress import progress_bar
from command_line.rates_export import export
from command_line.rates_import import import_rates, transactions
from command_line.series_files import ask
from command_line.show import console, emit_json, json_option
from models import RateTable
from services.rate_import.finish_import import finish_import
from services.rate_import.import_report import find_import, imports
from services.rate_import.refusals import ImportRefused
from services.rate_import.undo_import import undo_import

ENDED_AS = {"staged": "taken back: it is a preview again, and nothing of it was in force"}


@click.command("imports")
@click.option("--table", help="Only those of this rate table.")
@json_option
def imports_(table: str | None, *, as_json: bool) -> None:
    """List the imports of rates, the newest first."""
    with read_session() as session:
        found = imports(session, None if table is None else id_of(session, RateTable, "rate table", table))
    if as_json:
        emit_json(found)
        return
    shown = Table("Import", "Table", "State", "File", "By", "At", "Changes", box=None)
    for row in found:
        counts = ", ".join(f"{row['counts'].get(word, 0)} {word}" for word in ("new", "changed", "ended"))
        made = f"{row['made_at']:%Y-%m-%d %H:%M}"
        shown.add_row(str(row["id"]), row["table"], row["state"], row["file"], row["made_by"], made, counts)
    console.print(shown)


@click.command("import-show")
@click.argument("number", type=int)
@json_option
def import_show(number: int, *, as_json: bool) -> None:
    """Show the import NUMBER: its file, who, what it changed, which lines were refused."""
    with read_session() as session:
        report = find_import(session, number)
    if report is None:
        raise Failure(f"There is no import {number}.", "callingcard rates imports")
    if as_json:
        emit_json(report)
        return
    for name, value in report.items():
        if name not in {"changes", "refusals", "notes"} and value is not None:
            pairs = ", ".join(f"{key} {item}" for key, item in value.items()) if isinstance(value, dict) else value
            console.print(f"{name.replace('_', ' ')}: {pairs}")
    for note in report["notes"]:
        console.print(note)
    for row in report["changes"]:
        flags = " ".join(word for word in ("is_jump", "is_short_notice") if row[word])
        console.print(f"  {row['verdict']} {row['prefix']} {row['destination_name']} from {row['valid_from']} {flags}")
    for row in report["refusals"]:
        console.print(f"  refused line {row['line']} ({row['reason']}): {row['sentence']}")


@click.command("undo")
@click.argument("number", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def undo(number: int, *, yes: bool, as_json: bool) -> None:
    """Undo the import NUMBER: the table holds exactly the rates of before."""
    if not yes:
        ask(f"Take back the import {number}? Calls already made keep their prices.")
    _run(undo_import, number, "Undoing", as_json=as_json)


@click.command("import-resume")
@click.argument("number", type=int)
@json_option
def import_resume(number: int, *, as_json: bool) -> None:
    """Go on with the import NUMBER, whose applying or undoing was interrupted."""
    _run(finish_import, number, "Going on", as_json=as_json)


def _run(work: Callable[..., object], number: int, title: str, *, as_json: bool) -> None:
    try:
        with refusing(), transactions() as write, progress_bar(title) as progress:
            work(write, number, cli_actor(), now, progress)
    except ImportRefused as refused:
        raise Failure(str(refused), "callingcard rates imports") from refused
    with read_session() as session:
        report = find_import(session, number)
    if as_json:
        emit_json(report)
    elif report is not None:
        console.print(f"The import {number} of {report['file']} is {ENDED_AS.get(report['state'], report['state'])}.")
    else:
        console.print(f"The import {number} was not staged to its end, and is forgotten: import the file again.")


IMPORT_COMMANDS = (import_rates, imports_, import_show, import_resume, undo, export)
