"""Follows Asterisk's event log as it grows: whole lines only, through rotation by rename and by truncation."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO, Final

from telephony.cel import LINE_BYTES_MAX, CarrierLegs, parse_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEPT_MS: Final = 48 * 3_600_000  # of the legs in memory; the longest call is far shorter
FORGET_EACH_MS: Final = 3_600_000
_CHUNK_BYTES: Final = 1 << 20


class CelReader:
    """`legs` holds what was read so far; `read` adds what is new. A missing file is an empty one."""

    def __init__(self, file: Path) -> None:
        self.legs = CarrierLegs()
        self.lines_refused = 0
        self._path = file
        self._file: BinaryIO | None = None
        self._rest = b""
        self._is_first = True
        self._forget_at_ms = 0

    def read(self) -> int:
        """How many lines told of carriers' legs."""
        told = 0
        if self._is_first:
            self._is_first = False
            told += self._read_older()
        if self._was_cut():  # copied and truncated: what we had not read yet is in the copy
            self.close()
            told += self._read_older()
        told += self._read_open()
        if self._was_renamed():  # the open file was read to its end: it is written no more
            self.close()
            told += self._read_open()
        self._forget()
        return told

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file, self._rest = None, b""

    def _read_open(self) -> int:
        if self._file is None:
            try:
                self._file = self._path.open("rb")
            except FileNotFoundError:
                return 0
        return self._take(self._file)

    def _read_older(self) -> int:
        """The newest of cel.csv.1, cel.csv-20261122 and the like; a compressed one holds no call that is open."""
        older = [one for one in self._path.parent.glob(f"{self._path.name}[.-]*") if one.suffix not in (".gz", ".xz")]
        if not older:
            return 0
        rest, self._rest = self._rest, b""
        with max(older, key=lambda one: one.stat().st_mtime).open("rb") as file:
            told = self._take(file)
        self._rest = rest
        return told

    def _take(self, file: BinaryIO) -> int:
        """Lines up to the last line end; what follows is half a line, and waits for its other half."""
        return sum(self._add(line) for line in self._lines(file))

    def _lines(self, file: BinaryIO) -> Iterator[bytes]:
        while chunk := file.read(_CHUNK_BYTES):
            *whole, self._rest = (self._rest + chunk).split(b"\n")
            yield from whole
            if len(self._rest) > LINE_BYTES_MAX:  # no line of ours: not kept in memory
                self._rest = b""
                self.lines_refused += 1

    def _add(self, line: bytes) -> bool:
        event = parse_line(line)
        if event is None:
            self.lines_refused += bool(line.strip())
            return False
        return self.legs.add(event)

    def _was_cut(self) -> bool:
        return self._file is not None and os.fstat(self._file.fileno()).st_size < self._file.tell()

    def _was_renamed(self) -> bool:
        if self._file is None:
            return False
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False  # the next line makes it anew

    def _forget(self) -> None:
        if self.legs.latest_ms > self._forget_at_ms:
            self.legs.forget_before(self.legs.latest_ms - KEPT_MS)
            self._forget_at_ms = self.legs.latest_ms + FORGET_EACH_MS
