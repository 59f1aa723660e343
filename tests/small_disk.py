"""A small file system of its own for a test, which can be filled to its last byte."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK_BYTES = 65_536


@dataclass
class SmallDisk:
    """A mount with nothing else on it; `fill` leaves no byte, `make_room` gives all of them back."""

    folder: Path

    def fill(self) -> None:
        with (self.folder / "filler").open("ab", buffering=0) as filler:
            for size in (CHUNK_BYTES, 1):
                try:
                    while filler.write(b"x" * size):
                        pass
                except OSError:
                    continue

    def make_room(self) -> None:
        (self.folder / "filler").unlink()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[SmallDisk]:
    """Mounted over a folder that stands already; the test is skipped where nothing may be mounted."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "none", folder]
    mounted = subprocess.run(mounting, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"this machine mounts nothing: {mounted.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
