"""Open a file of rates: its kind is told by its content, never by its name."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.rate_import.read_text import read_text
from services.rate_import.read_workbook import read_workbook
from services.rate_import.refusals import FileRefused
from services.rate_import.sheet import BYTES_MAX, Progress, Sheet, nothing_shown

WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
OTHERS: Final = {
    b"%PDF": "a PDF",
    b"\x1f\x8b": "packed by gzip",
    b"Rar!": "packed by RAR",
    b"7z\xbc\xaf": "packed by 7-Zip",
}


@dataclass(frozen=True, slots=True)
class RateFile:
    name: str
    sha256: str
    sheet: Sheet


def open_file(file: Path, sheet: str | None = None, progress: Progress = nothing_shown) -> RateFile:
    """Raises FileRefused; `sheet` names one of a workbook."""
    with file.open("rb") as source:
        content = source.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        raise FileRefused(f"The file is larger than {BYTES_MAX // 1024**2} MB: split it.")
    for mark, what in OTHERS.items():
        if content.startswith(mark):
            raise FileRefused(f"The file is {what}: give the spreadsheet or CSV itself.")
    is_workbook = content.startswith(WORKBOOKS)
    read = read_workbook(file, sheet, progress) if is_workbook else read_text(content)
    if not read.rows:
        raise FileRefused("The file is empty.")
    return RateFile(file.name, hashlib.sha256(content).hexdigest(), read)
