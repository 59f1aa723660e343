"""callingcard rates export: a table as a file that `rates import` takes back unchanged."""

from datetime import UTC, datetime
from pathlib import Path

import click

from command_line.actor import cli_actor
from command_line.form import id_of
from command_line.installation import now, read_session, settings, write_session
from command_line.job_progress import progress_bar
from command_line.series_files import FILE, chosen_form, told
from command_line.show import console, emit_json, json_option
from models import RateTable
from services.rate_import.date_cells import DateOrder, DateReader
from services.rate_import.export_rates import export_rates, note_rate_export, rates_to_export
from services.rate_import.refusals import CellRefused
from services.store.new_file import new_file, refuse_standing
from services.store.sheet_writer import SheetForm


@click.command("export")
@click.argument("table")
@click.argument("file", type=FILE)
@click.option("--at", metavar="MOMENT", help="What holds at this moment; now if left out.")
@click.option("--all", "is_all", is_flag=True, help="All periods, past and coming ones too.")
@click.option("--format", "form", type=click.Choice([form.value for form in SheetForm]), help="By FILE if left out.")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
@json_option
def export(
    table: str, file: Path, at: str | None, form: str | None, *, is_all: bool, force: bool, as_json: bool
) -> None:
    """Write the rates of TABLE with every term to FILE."""
    with told():
        refuse_standing(file, replaces=force)
        moment = None if is_all else _moment(at)
        sheet = chosen_form(form, file)
        with read_session() as session:
            found = rates_to_export(session, id_of(session, RateTable, "rate table", table), moment)
            with new_file(file, replaces=force) as draft, progress_bar("Rates") as progress:
                export_rates(session, found, draft, sheet, progress)
        with write_session() as session:
            note_rate_export(session, found, sheet, cli_actor(), now())
    if as_json:
        emit_json({"table": table, "file": file, "rates": found.rates, "at": moment})
    else:
        console.print(f"{found.rates} rates in {file}.")


def _moment(text: str | None) -> datetime:
    if text is None:
        return now()
    try:
        found = DateReader(settings().zone, DateOrder.DAY_FIRST).moment(text, "--at")
    except CellRefused as refused:
        raise click.BadParameter(str(refused), param_hint="--at") from refused
    return (found or now()).astimezone(UTC)
