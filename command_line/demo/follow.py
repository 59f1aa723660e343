"""Follows the trace file of the call server: what one caller hears and presses, as it happens."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

LOOK_SECONDS = 0.05


class TraceFollower:
    """Reads the lines that are written after it was made, of the caller with this number."""

    def __init__(self, file: Path, caller_id: str) -> None:
        self._lines = file.open("rb")
        self._lines.seek(0, 2)
        self._caller_id = caller_id
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()

    def steps(self, seconds: float) -> Iterator[dict[str, Any] | None]:
        """Each new step, and None whenever nothing happened for a moment; ends after `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            new = [step for step in self._read() if step["caller"] == self._caller_id]
            yield from new
            if not new:
                time.sleep(LOOK_SECONDS)
                yield None

    def _read(self) -> Iterator[dict[str, Any]]:
        *whole, self._rest = (self._rest + self._lines.read()).split(b"\n")
        for line in whole:
            step: dict[str, Any] = json.loads(line)
            yield step
