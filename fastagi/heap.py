"""What a large load in a thread costs the rest of the process: turns at the interpreter, and memory to give back."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# A call gives the interpreter up at each wait for the network and waits as long as this to get it back from a thread
# that computes; Python's own 5 ms add up to a quarter of a second in a step.
TURN_SECONDS: Final = 0.0005


@contextmanager
def short_turns() -> Iterator[None]:
    """While this lasts whoever computes gives way ten times as often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def leave_start_alone() -> None:
    """What stands since the start is no garbage: full runs of the collector, which stop every call, pass it by."""
    gc.collect()
    gc.freeze()


def give_heap_back() -> None:
    """Let malloc return what is free to the system; elsewhere than under glibc nothing happens."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
