"""Where the rows of a list go when the worker asks for its page: a file, and how far it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from flask import g

TOLD_EVERY_ROWS = 2_000
Told = Callable[[int, int], None]  # rows that are written, of how many; what it raises ends the file
T = TypeVar("T")


@dataclass(slots=True)
class ExportSink:
    file: Path
    told: Told
    rows: int = 0
    is_written: bool = False
    stopped: Exception | None = None

    def counted(self, rows: Iterator[T], total: int) -> Iterator[T]:
        for row in rows:
            if self.rows % TOLD_EVERY_ROWS == 0:
                self._tell(total)
            self.rows += 1
            yield row

    def _tell(self, total: int) -> None:
        try:
            self.told(self.rows, total)
        except Exception as stopped:
            self.stopped = stopped
            raise


def export_sink() -> ExportSink | None:
    """None: a browser asks."""
    found: ExportSink | None = g.get("export_sink")
    return found
