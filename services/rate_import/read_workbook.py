"""XLSX, XLS and ODS: read by a process with limits, so that no file can take this one along."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import IO, Any, Final, cast

from services.rate_import.refusals import FileRefused
from services.rate_import.sheet import COLUMNS_MAX, ROWS_MAX, Progress, Sheet, SheetMoment, SheetNumber, SheetRow
from services.store.child_environment import outside_environment

UNPACKED_MAX: Final = 600 * 1024**2  # a list of 500,000 rates unpacks to some 200 MB
PARTS_MAX: Final = 2_000
PIECE: Final = 1024**2
SECONDS_MAX: Final = 180
KINDS: Final = {"n": SheetNumber, "d": SheetMoment, "s": str}
UNREADABLE: Final = (
    "The spreadsheet could not be read: it is damaged, protected by a password, or far larger than its rows. "
    "Open it, save it as CSV, and import that."
)


def read_workbook(file: Path, wanted: str | None, progress: Progress) -> Sheet:
    if zipfile.is_zipfile(file):
        _refuse_bomb(file)
    command = [sys.executable, "-m", "services.rate_import.workbook_child", str(file.resolve())]
    if wanted is not None:
        command.append(wanted)
    house = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd=house,
        env=outside_environment(),
    ) as child:
        try:
            sheet = _sheet(cast("IO[bytes]", child.stdout), wanted, progress)
        except FileRefused:
            child.kill()
            raise
        if child.wait(SECONDS_MAX) != 0:
            raise FileRefused(UNREADABLE)
    return sheet


def _refuse_bomb(file: Path) -> None:
    """Unpack it once and count: what the file says of its own size need not be true."""
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
            if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_MAX:
                raise FileRefused(_too_large())
            unpacked = 0
            for part in parts:
                with packed.open(part) as stream:
                    while piece := stream.read(PIECE):
                        unpacked += len(piece)
                        if unpacked > UNPACKED_MAX:
                            raise FileRefused(_too_large())
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError, zipfile.zlib.error):  # type: ignore[attr-defined]  # its own import of zlib
        raise FileRefused(UNREADABLE) from None


def _too_large() -> str:
    return f"The spreadsheet unpacks to more than {UNPACKED_MAX // 1024**2} MB: split it, or save it as CSV."


def _sheet(output: IO[bytes], wanted: str | None, progress: Progress) -> Sheet:
    told = output.readline()
    if not told:
        raise FileRefused(UNREADABLE)
    head: dict[str, Any] = json.loads(told)
    others = tuple(head["others"])
    if head["name"] is None:
        asked = "" if wanted is None else f" called {wanted!r}"
        raise FileRefused(f"There is no sheet{asked} in the file. There are: {', '.join(others) or 'none'}.")
    rows: list[SheetRow] = []
    for line in output:
        for number, cells in json.loads(line):
            if len(cells) > COLUMNS_MAX:
                cells = _narrow(number, cells)  # noqa: PLW2901 (empty columns at the right)
            rows.append(SheetRow(number, [KINDS[cell[0]](cell[1:]) if cell else "" for cell in cells]))
        if len(rows) > ROWS_MAX:
            raise FileRefused(f"The sheet has more than {ROWS_MAX} rows: split it.")
        progress(len(rows), head["height"])
    notes = [f"Read from the sheet {head['name']!r}."]
    if others:
        notes.append(f"There are other sheets: {', '.join(others)}.")
    return Sheet(head["name"], rows, notes, others)


def _narrow(number: int, cells: list[str]) -> list[str]:
    if any(cells[COLUMNS_MAX:]):
        raise FileRefused(f"Row {number} has cells beyond column {COLUMNS_MAX}: is this a rate list?")
    return cells[:COLUMNS_MAX]
