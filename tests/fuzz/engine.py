"""A small fuzzer: inputs of a kept corpus are mutated by seeded dice; what reaches new lines of our code is mutated on,
and what raises is kept as a file.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import FrameType

CORPUS = Path(__file__).parent / "corpus"
HOUSE = str(Path(__file__).parents[2])
INPUT_BYTES_MAX = 4_000
MUTATIONS_MAX = 6
POOL_MAX = 2_000


@dataclass(frozen=True)
class Found:
    """An input that raised, and what it raised."""

    data: bytes
    error: Exception

    @property
    def name(self) -> str:
        return f"found-{hashlib.sha256(self.data).hexdigest()[:12]}"


@dataclass
class Fuzzer:
    """`words` are pieces of the language that the target reads."""

    target: Callable[[bytes], None]
    words: Sequence[bytes]
    dice: random.Random
    pool: list[bytes] = field(default_factory=lambda: [b""])
    runs: int = 0
    _lines: set[tuple[str, int]] = field(default_factory=set)

    def learn(self, inputs: Iterable[bytes]) -> Iterator[Found]:
        """Those of the corpus; each must pass."""
        for data in inputs:
            yield from self._try(data)

    def run(self, times: int) -> Iterator[Found]:
        for _ in range(times):
            yield from self._try(self._mutated())

    def _try(self, data: bytes) -> Iterator[Found]:
        try:
            if self._reaches_new_lines(data) and len(self.pool) < POOL_MAX:
                self.pool.append(data)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is what we look for)
            yield Found(data, error)

    def _reaches_new_lines(self, data: bytes) -> bool:
        self.runs += 1
        before = len(self._lines)
        sys.settrace(self._trace)
        try:
            self.target(data)
        finally:
            sys.settrace(None)
        return len(self._lines) > before

    def _trace(self, frame: FrameType, _event: str, _argument: object) -> Any:  # noqa: ANN401 (as sys.settrace has it)
        file = frame.f_code.co_filename
        if not file.startswith(HOUSE) or "/tests/" in file or "/.venv/" in file:
            return None
        return self._line

    def _line(self, frame: FrameType, event: str, _argument: object) -> Any:  # noqa: ANN401 (the same)
        if event == "line":
            self._lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line

    def _mutated(self) -> bytes:
        data = bytearray(self.dice.choice(self.pool))
        for _ in range(self.dice.randint(1, MUTATIONS_MAX)):
            self._mutate(data)
        return bytes(data[:INPUT_BYTES_MAX])

    def _mutate(self, data: bytearray) -> None:
        dice = self.dice
        at = dice.randint(0, len(data))
        to = min(len(data), at + dice.choice((1, 2, 4, 16, 64)))
        match dice.randrange(7):
            case 0 if data:
                data[at % len(data)] ^= 1 << dice.randrange(8)
            case 1:
                data[at:at] = bytes([dice.randrange(256)])
            case 2:
                del data[at:to]
            case 3:
                data[at:to] = dice.choice(self.words)
            case 4:
                data[at:at] = dice.choice(self.words)
            case 5:
                data[at:at] = data[at:to] * dice.choice((1, 2, 30))
            case _:
                other = dice.choice(self.pool)
                begin = dice.randint(0, len(other))
                data[at:] = other[begin:]


def kept(name: str, folder: Path = CORPUS) -> dict[str, bytes]:
    """The corpus of a target, by file."""
    return {file.name: file.read_bytes() for file in sorted((folder / name).glob("*"))}


def keep(name: str, found: Found, folder: Path = CORPUS) -> Path:
    """The input as a file of the corpus: `make test` runs it from now on."""
    file = folder / name / found.name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(found.data)
    return file
