"""The cells of a line besides code, price and date: names, seconds, increments, weekdays, hours, percents."""

import re
from functools import lru_cache
from typing import Final

from billing.announcement import GHOST_PERCENT_MAX, GHOST_PERCENT_MIN
from billing.rate_choice import EVERY_DAY, MINUTES_A_DAY
from billing.tariff import TERM_SECONDS_MAX
from services.rate_import.headings import plain
from services.rate_import.refusals import CellRefused, Reason
from services.rate_import.sheet import SheetMoment

NAME_MAX: Final = 120
KEPT: Final = 50_000  # cells that come again and again
WHOLE: Final = re.compile(r"([0-9]{1,9})(?:[.,]0+)?\s*(?:s|sec|secs|seconds|seg|segundos|\")?", re.IGNORECASE)
PAIR: Final = re.compile(r"([0-9]{1,5})\s*(?:/|\+|-|:|x|\\)\s*([0-9]{1,5})(?:\s*(?:/|\+|-|:)\s*([0-9]{1,5}))?")
CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")
SPOKEN: Final = {"per second": (1, 1), "per minute": (60, 60), "second": (1, 1), "minute": (60, 60),
                 "por segundo": (1, 1), "por minuto": (60, 60), "segundo": (1, 1), "minuto": (60, 60),
                 "full minute": (60, 60), "minuto completo": (60, 60)}  # fmt: skip
RUNNING: Final = ("=", "+", "-", "@", "\t", "\r", "\0")
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=KEPT)
def name_cell(cell: str) -> str:
    """Without control characters and double blanks; the apostrophe that keeps an export from running is dropped."""
    text = " ".join("".join(c if c.isprintable() else " " for c in cell).split())
    while text.startswith("'") and text[1:].startswith(("'", *RUNNING)):
        text = text[1:]
    if len(text) > NAME_MAX:
        raise _refused("destination", f"longer than {NAME_MAX} characters.")
    return text


def seconds_cell(cell: str, name: str, least: int = 0) -> int:
    return _whole(cell, name, least, TERM_SECONDS_MAX)


def percent_cell(cell: str) -> int | None:
    if not cell:
        return None
    return _whole(cell.removesuffix("%").strip(), "ghost_minutes_percent", GHOST_PERCENT_MIN, GHOST_PERCENT_MAX)


@lru_cache(maxsize=KEPT)
def increments_cell(cell: str) -> tuple[int, int]:
    """60/6, 60+6, 60-6, or one figure for both; per second, per minute."""
    if isinstance(cell, SheetMoment):
        raise _refused("increments", "they have become a date in a spreadsheet.")
    if plain(cell) in SPOKEN:
        return SPOKEN[plain(cell)]
    found = PAIR.fullmatch(cell)
    if found is None:
        both = seconds_cell(cell, "increments", 1)
        return both, both
    first, second = int(found[1]), int(found[2])
    if found[3] and int(found[3]) != second:
        raise _refused("increments", f"{cell[:30]!r} holds three figures: give the first block and the increment.")
    if second == 0 or max(first, second) > TERM_SECONDS_MAX:
        raise _refused("increments", f"{cell[:30]!r}: an increment is from 1 to {TERM_SECONDS_MAX} seconds.")
    return first, second


def days_cell(cell: str) -> int:
    """A figure of bits, or `mon-fri`, `sat,sun`."""
    if not cell:
        return EVERY_DAY
    if cell.isascii() and cell.isdigit():
        return _whole(cell, "days", 1, EVERY_DAY)
    bits = 0
    for piece in re.split(r"[,;/ ]+", cell.lower()):
        first, _, last = piece.partition("-")
        if first[:3] not in WEEKDAYS or (last and last[:3] not in WEEKDAYS):
            raise _refused("days", f"{cell[:30]!r}: write weekdays such as mon-fri,sun.")
        day, end = WEEKDAYS.index(first[:3]), WEEKDAYS.index((last or first)[:3])
        for place in range(day, end + 1 if end >= day else end + 8):
            bits |= 1 << place % 7
    return bits


def days_text(days: int) -> str:
    return ",".join(name for place, name in enumerate(WEEKDAYS) if days >> place & 1)


def minute_cell(cell: str, name: str, empty: int) -> int:
    """13:30 -> 810; 24:00 is the end of the day."""
    if not cell:
        return empty
    found = CLOCK.fullmatch(cell)
    if found is None or int(found[2]) > 59 or (minute := int(found[1]) * 60 + int(found[2])) > MINUTES_A_DAY:
        raise _refused(name, f"{cell[:30]!r} is no time of day from 00:00 to 24:00.")
    return minute


def minute_text(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _whole(cell: str, name: str, least: int, most: int) -> int:
    found = WHOLE.fullmatch(cell)
    if found is None:
        raise _refused(name, f"{cell[:30]!r} is no whole number.")
    if not least <= int(found[1]) <= most:
        raise _refused(name, f"{found[1]} is not from {least} to {most}.")
    return int(found[1])


def _refused(name: str, sentence: str) -> CellRefused:
    return CellRefused(Reason.TERM, f"{name}: {sentence}")
