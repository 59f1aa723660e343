"""Fuzz for a while: make fuzz SECONDS=600 (TARGET=agi_bytes for one of them; SEED replays the dice).

What raises is kept in tests/fuzz/corpus and told; exit status 1.
"""

from __future__ import annotations

import random
import sys
import time
import traceback
from itertools import chain
from typing import TYPE_CHECKING

from engine import Found, Fuzzer, keep, kept
from targets import TARGETS
from words import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RUNS_A_TURN = 200


def main(arguments: Sequence[str]) -> int:
    seconds = float(arguments[0]) if arguments else 600
    names = [arguments[1]] if len(arguments) > 1 and arguments[1] else list(TARGETS)
    seed = int(arguments[2]) if len(arguments) > 2 else random.SystemRandom().getrandbits(32)
    found_in_all = 0
    for name in names:
        fuzzer = Fuzzer(TARGETS[name], words_of(name), random.Random(seed))
        until = time.monotonic() + seconds / len(names)
        faults: set[str] = set()
        for found in chain(fuzzer.learn(kept(name).values()), _until(fuzzer, until)):
            where = traceback.extract_tb(found.error.__traceback__)[-1]
            kind = f"{type(found.error).__name__} in {where.name}, line {where.lineno}"
            if kind not in faults:
                faults.add(kind)
                sys.stdout.write(f"{name}: {kind}: {found.error}; kept as {keep(name, found)}\n")
        found_in_all += len(faults)
        told = f"{name}: {fuzzer.runs} inputs, {len(fuzzer.pool)} ways, {len(faults)} faults, seed {seed}"
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
    return 1 if found_in_all else 0


def _until(fuzzer: Fuzzer, until: float) -> Iterator[Found]:
    while time.monotonic() < until:
        yield from fuzzer.run(RUNS_A_TURN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
