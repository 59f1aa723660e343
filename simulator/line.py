"""One call in a process of its own, for a page: `python -m simulator.line FOLDER` reads an order, answers whether the
call can be made, and goes on in the background.

In FOLDER stand `keys`, a pipe for what is pressed (digits, *, #, h hangs up), and `events`, a JSON line for each thing
that happened. A second call in the same folder is refused while one is up.
"""

import fcntl
import json
import os
import sys
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from simulator.asterisk import CallFrom, NoSuchAccessNumber, NoSuchCaller, place_call
from simulator.call_log import CallLog, Event, Heard
from simulator.carriers import CarrierOutcome, OutcomeRefused, parse_outcomes
from simulator.event_fields import Fields, asks_fields, event_fields, exchange_fields
from simulator.live_handset import LiveHandset
from simulator.wire_tap import WireTap

SECONDS_MAX: Final = 600  # keys and prompts; talk takes no time
PROMPT_SECONDS_MAX: Final = 30.0
ORDER_BYTES_MAX: Final = 4_096
REFUSED: Final = 1
BUSY: Final = 3


class LineBusy(Exception):
    """A call is up in this folder."""


@dataclass(frozen=True, slots=True)
class Line:
    """A folder that is ours until the process ends: its lock, its pipe, its file of events."""

    lock: IO[str]
    pipe: int
    events: IO[str]


@dataclass(frozen=True, slots=True)
class Order:
    """What the page asks for."""

    address: tuple[str, int]
    call: CallFrom
    outcomes: tuple[CarrierOutcome, ...]


def main() -> int:
    """0 when the call is under way, in a process that this one leaves behind."""
    folder = Path(sys.argv[1])
    try:
        order = read_order(sys.stdin.read(ORDER_BYTES_MAX))
        line = take(folder)
    except (NoSuchAccessNumber, NoSuchCaller, OutcomeRefused) as refused:
        sys.stderr.write(f"{refused}\n")
        return REFUSED
    except LineBusy:
        return BUSY
    if os.fork():
        return 0
    os.setsid()
    _leave_standard_files()
    make_call(order, line)
    return 0


def read_order(text: str) -> Order:
    asked = json.loads(text)
    folder = Path(asked["prompts"])
    call = CallFrom(asked["access_number"], asked["caller_id"], asked["language"], folder if folder.is_dir() else None)
    return Order((asked["host"], int(asked["port"])), call, tuple(parse_outcomes(asked["carriers"])))


def take(folder: Path) -> Line:
    """The folder's line, with a fresh pipe and no events."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        lock.close()
        raise LineBusy from taken
    keys, events = folder / "keys", folder / "events"
    keys.unlink(missing_ok=True)
    os.mkfifo(keys, 0o600)
    events.unlink(missing_ok=True)
    events.touch(mode=0o600)
    # Open for writing too: with no page connected a pipe without a writer would read as ended.
    pipe = os.open(keys, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    return Line(lock, pipe, events.open("a", encoding="utf-8", buffering=1))


def make_call(order: Order, line: Line) -> None:
    def write(fields: Fields) -> None:
        line.events.write(json.dumps(fields) + "\n")

    tap = WireTap(lambda exchange: write(exchange_fields(exchange)))
    handset = LiveHandset(line.pipe, order.outcomes, SECONDS_MAX, lambda wait: write(asks_fields(wait)))

    def happened(event: Event) -> None:
        fields = event_fields(event)
        if isinstance(event, Heard) and order.call.prompts_folder is None:
            fields["missing"] = True  # no prompts here at all: the call goes on, nothing can be played
        write({name: tap.masked(value) if isinstance(value, str) else value for name, value in fields.items()})
        if isinstance(event, Heard) and not event.is_missing:
            handset.listen(prompt_seconds(order.call.prompts_folder, event))

    placed = place_call(order.address, order.call, handset, log=CallLog(happened), tap=tap)
    write({"kind": "over", "server_was_away": placed.server_was_away})


def prompt_seconds(folder: Path | None, heard: Heard) -> float:
    """How long it speaks; no time without a file."""
    if folder is None:
        return 0.0
    file = folder / heard.language / f"{heard.prompt_id}.wav"
    try:
        with wave.open(str(file), "rb") as sound:
            return min(PROMPT_SECONDS_MAX, sound.getnframes() / sound.getframerate())
    except (OSError, EOFError, wave.Error):
        return 0.0


def _leave_standard_files() -> None:
    """Whoever started us reads them to their end."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


if __name__ == "__main__":
    raise SystemExit(main())
