"""The cells of a line besides code, price and date: names, seconds, increments, weekdays, hours, percents."""

import re
from functools import lru_cache
from typing import Final

from billing.announcement import GhostPercentRefused, validate_ghost_percent
from billing.rate_choice import EVERY_DAY
from billing.rate_times import RateTimesRefused, days_from_text, hours_from_text
from billing.tariff import TERM_SECONDS_MAX
from services.rate_import.headings import plain
from services.rate_import.refusals import CellRefused, Reason
from services.rate_import.sheet import SheetMoment
from services.rates.check_rate import BLOCK_SECONDS_ABSURD

NAME_MAX: Final = 120
KEPT: Final = 50_000  # cells that come again and again
WHOLE: Final = re.compile(r"([0-9]{1,9})(?:[.,]0+)?\s*(?:s|sec|secs|seconds|seg|segundos|\")?", re.IGNORECASE)
PAIR: Final = re.compile(r"([0-9]{1,5})\s*(?:/|\+|-|:|x|\\)\s*([0-9]{1,5})(?:\s*(?:/|\+|-|:)\s*([0-9]{1,5}))?")
SPOKEN: Final = {"per second": (1, 1), "per minute": (60, 60), "second": (1, 1), "minute": (60, 60),
                 "por segundo": (1, 1), "por minuto": (60, 60), "segundo": (1, 1), "minuto": (60, 60),
                 "full minute": (60, 60), "minuto completo": (60, 60)}  # fmt: skip
RUNNING: Final = ("=", "+", "-", "@", "\t", "\r", "\0")


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
    is_block = name in {"first_block_seconds", "increment_seconds", "increments"}
    return _whole(cell, name, least, BLOCK_SECONDS_ABSURD if is_block else TERM_SECONDS_MAX)


def percent_cell(cell: str, *, above_100_allowed: bool) -> int | None:
    """features.md 3.3: above 100 only where the platform allows it."""
    if not cell:
        return None
    percent = _whole(cell.removesuffix("%").strip(), "ghost_minutes_percent", 0, 10_000)
    try:
        validate_ghost_percent(percent, above_100_allowed=above_100_allowed)
    except GhostPercentRefused as refused:
        raise _refused("ghost_minutes_percent", str(refused)) from None
    return percent


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
    if second == 0 or max(first, second) > BLOCK_SECONDS_ABSURD:
        raise _refused("increments", f"{cell[:30]!r}: an increment is from 1 to {BLOCK_SECONDS_ABSURD} seconds.")
    return first, second


def days_cell(cell: str) -> int:
    """A figure of bits, or `mon-fri,sun`."""
    if not cell:
        return EVERY_DAY
    if cell.isascii() and cell.isdigit():
        return _whole(cell, "days", 1, EVERY_DAY)
    try:
        return days_from_text(cell)
    except RateTimesRefused as refused:
        raise _refused("days", str(refused)) from None


def hours_cell(cell: str) -> tuple[int, int]:
    try:
        return hours_from_text(cell or "all")
    except RateTimesRefused as refused:
        raise _refused("hours", str(refused)) from None


def _whole(cell: str, name: str, least: int, most: int) -> int:
    found = WHOLE.fullmatch(cell)
    if found is None:
        raise _refused(name, f"{cell[:30]!r} is no whole number.")
    if not least <= int(found[1]) <= most:
        raise _refused(name, f"{found[1]} is not from {least} to {most}.")
    return int(found[1])


def _refused(name: str, sentence: str) -> CellRefused:
    return CellRefused(Reason.TERM, f"{name}: {sentence}")
