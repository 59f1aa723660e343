"""callingcard rates imports, import-show, import-resume, undo: what was imported, and taking it back."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from billing.money import text_from_micros
from command_line.actor import cli_actor
from command_line.errors import Failure
from command_line.form import id_of
from command_line.installation import now, read_session
from command_line.job_progress import progress_bar
from command_line.rates_export import export
from command_line.rates_import import PARTLY_DONE, applied, import_rates, importing, moment_at
from command_line.refused_lines import write_refused
from command_line.series_files import FILE, ask
from command_line.show import console, emit_json, json_option
from models import ImportState, RateTable, Verdict
from services.rate_import.apply_import import ApplyOrder
from services.rate_import.finish_import import finish_import
from services.rate_import.forget_import import forget_import
from services.rate_import.import_report import find_import, imports, refused_lines
from services.rate_import.refusals import Reason, RefusedLine
from services.rate_import.undo_import import undo_import

ENDED_AS = {"staged": "taken back: it is a preview again, and nothing of it was in force"}


@click.command("imports")
@click.option("--table", help="Only those of this rate table.")
@click.option("--previews", is_flag=True, help="Only previews that are kept to be applied.")
@json_option
def imports_(table: str | None, *, previews: bool, as_json: bool) -> None:
    """List the imports of rates, the newest first."""
    with read_session() as session:
        table_id = None if table is None else id_of(session, RateTable, "rate table", table)
        found = imports(session, table_id, state=ImportState.STAGED if previews else None)
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
    report = _report(number)
    if as_json:
        emit_json(report)
    else:
        _show(report)


def _report(number: int) -> dict[str, Any]:
    with read_session() as session:
        report = find_import(session, number)
    if report is None:
        raise Failure(f"There is no import {number}.", "callingcard rates imports")
    return report


def _told(value: object) -> str:
    """What is not said is left out."""
    match value:
        case dict():
            return ", ".join(f"{key} {_told(item)}" for key, item in value.items() if item) or "-"
        case list():
            return " ".join(map(str, value))
        case datetime():
            return f"{value:%Y-%m-%d %H:%M} UTC"
        case _:
            return str(value)


def _told_change(row: dict[str, Any]) -> str:
    flags = "".join(f", {word[3:].replace('_', ' ')}" for word in ("is_jump", "is_short_notice") if row[word])
    if row["verdict"] == Verdict.ENDED:
        return f"  ended {row['prefix']} {row['destination_name']} {_told(row['valid_until'] or row['valid_from'])}"
    before = "" if row["price_before_micros"] is None else f"{text_from_micros(row['price_before_micros'])} to "
    price = "blocked" if row["is_blocked"] else before + text_from_micros(row["price_per_minute_micros"])
    named = f"  {row['verdict']} {row['prefix']} {row['destination_name']}"
    return f"{named} {price} from {_told(row['valid_from'])}{flags}"


def _show(report: dict[str, Any]) -> None:
    for name, value in report.items():
        if name not in {"changes", "refusals", "notes"} and value is not None:
            console.print(f"{name.replace('_', ' ')}: {_told(value)}")
    for note in report["notes"]:
        console.print(note)
    for row in report["changes"]:
        console.print(_told_change(row))
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


@click.command("import-apply")
@click.argument("number", type=int)
@click.option(
    "--at", metavar="MOMENT", help="From when the rates hold at the earliest; now, or as previewed for later."
)
@click.option("--leave-out", "left_out", multiple=True, type=click.Choice([reason.value for reason in Reason]),
              help="Apply without the lines that are refused for this reason.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def import_apply(number: int, at: str | None, left_out: tuple[str, ...], *, yes: bool, as_json: bool) -> None:
    """Apply the preview NUMBER, unless its table has changed since. Exit status 3: applied without refused lines."""
    report = _report(number)
    if report["state"] != ImportState.STAGED:
        raise Failure(
            f"The import {number} is no preview: it is {report['state']}.", "callingcard rates imports --previews"
        )
    if not as_json:
        _show(report)
    moment = now()
    begins_at = max(report["applies_at"], moment) if at is None else moment_at(at, moment)
    if not yes:
        ask(f"Apply this to the rate table {report['table']} from {begins_at:%Y-%m-%d %H:%M} UTC on?")
    applied(number, ApplyOrder(begins_at, frozenset(map(Reason, left_out))))
    _tell_state(number, as_json=as_json)
    if report["counts"].get("refused"):
        raise click.exceptions.Exit(PARTLY_DONE)


@click.command("import-forget")
@click.argument("number", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def import_forget(number: int, *, yes: bool, as_json: bool) -> None:
    """Forget the preview NUMBER; of an import that was applied, what would be needed to undo it."""
    if not yes:
        ask(f"Forget the import {number} of {_report(number)['file']}? It cannot be applied or undone then.")
    with importing() as write:
        forget_import(write, number, cli_actor(), now)
    if as_json:
        emit_json({"forgotten": number})
    else:
        console.print(f"The import {number} is forgotten.")


@click.command("import-refused")
@click.argument("number", type=int)
@click.argument("file", type=FILE)
@json_option
def import_refused(number: int, file: Path, *, as_json: bool) -> None:
    """Write the refused lines of the import NUMBER to FILE, a CSV with their numbers and reasons."""
    report = _report(number)
    with read_session() as session:
        lines = [RefusedLine(line, Reason(reason), text) for line, reason, text in refused_lines(session, number)]
    write_refused(file, lines, as_json=as_json)
    more = report["counts"].get("refused", 0) - len(lines)
    if as_json:
        emit_json({"file": file, "lines": len(lines), "not_kept": more})
    elif more:
        console.print(f"{more} more were not kept: import the file again with --refused.")


@click.command("import-resume")
@click.argument("number", type=int)
@json_option
def import_resume(number: int, *, as_json: bool) -> None:
    """Go on with the import NUMBER, whose applying or undoing was interrupted."""
    _run(finish_import, number, "Going on", as_json=as_json)


def _run(work: Callable[..., object], number: int, title: str, *, as_json: bool) -> None:
    with importing() as write, progress_bar(title) as progress:
        work(write, number, cli_actor(), now, progress)
    _tell_state(number, as_json=as_json)


def _tell_state(number: int, *, as_json: bool) -> None:
    with read_session() as session:
        report = find_import(session, number)
    if as_json:
        emit_json(report)
    elif report is not None:
        console.print(f"The import {number} of {report['file']} is {ENDED_AS.get(report['state'], report['state'])}.")
    else:
        console.print(f"The import {number} was not staged to its end, and is forgotten: import the file again.")


IMPORT_COMMANDS = (
    *(import_rates, imports_, import_show, import_apply, import_forget, import_refused, import_resume, undo),
    export,
)
