"""The lines of a list that were refused, as a file for whoever sent it."""

from collections.abc import Sequence
from pathlib import Path

from command_line.series_files import told
from command_line.show import console
from services.rate_import.refusals import RefusedLine
from services.store.new_file import new_file
from services.store.sheet_writer import SheetForm, write_table

TITLES = ("line", "reason", "sentence")


def write_refused(file: Path, refused: Sequence[RefusedLine], *, as_json: bool) -> None:
    with told(), new_file(file, replaces=False) as draft:
        rows = [(refusal.line, refusal.reason.value, refusal.sentence) for refusal in refused]
        write_table(draft, SheetForm.CSV, TITLES, rows, len(rows))
    if not as_json:
        console.print(f"{len(rows)} refused lines in {file}.", style="dim")
