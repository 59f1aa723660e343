"""Effective dates as carriers write them; whether the day or the month comes first is decided for the whole file."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Final

from services.rate_import.refusals import CellRefused, FileRefused, Reason
from services.rate_import.sheet import SheetNumber

IMMEDIATE: Final = frozenset({
    *("immediate", "immediately", "now", "asap", "today", "current", "effective-immediately"),
    *("inmediato", "inmediata", "inmediatamente", "ya", "hoy"),
})  # fmt: skip
SERIAL: Final = re.compile(r"([0-9]{5})(?:\.[0-9]+)?")  # days since 1899-12-30: how spreadsheets count
SERIAL_BEGIN: Final = date(1899, 12, 30)
SLASHED: Final = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4}|[0-9]{2})(?:[ T,]+(.*))?")
DOTTED: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2})(?:\s+(.*))?")
ISO: Final = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[ T]+(.*))?")
COMPACT: Final = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})()")
DAY_NAMED: Final = re.compile(
    r"([0-9]{1,2})[-/ .]*(?:de )?([a-z]{3,})\.?[-/ ,]*(?:de )?([0-9]{4}|[0-9]{2})(?:\s+(.*))?"
)
NAMED_DAY: Final = re.compile(r"([a-z]{3,})\.?[-/ ]*([0-9]{1,2})(?:st|nd|rd|th)?[-/ ,]+([0-9]{4}|[0-9]{2})(?:\s+(.*))?")
TIME: Final = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6})0*)?)?\s*(am|pm)?\s*(utc|gmt|z|[+-][0-9]{2}:?[0-9]{2})?"
)
MONTHS: Final = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
    "ene": 1,
    "abr": 4,
    "ago": 8,
    "set": 9,
    "dic": 12,
}
YEAR_MIN: Final = 2000
YEAR_MAX: Final = 2099


class DateOrder(StrEnum):
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


def date_order(cells: Iterable[str]) -> DateOrder:
    """By the dates that leave no doubt. Raises FileRefused where none does, or where they disagree."""
    days = months = doubts = 0
    for cell in set(cells):
        found = SLASHED.fullmatch(cell)
        if found is None:
            continue
        first, second = int(found[1]), int(found[2])
        if first > 12 >= second:
            days += 1
        elif second > 12 >= first:
            months += 1
        elif first != second:
            doubts += 1
    if days and months:
        raise FileRefused("Some dates have the day first and some the month: say --dates dmy or --dates mdy.")
    if doubts and not days and not months:
        raise FileRefused(
            "It cannot be told whether day or month comes first in dates such as 03/04/2026: "
            "say --dates dmy or --dates mdy."
        )
    return DateOrder.MONTH_FIRST if months else DateOrder.DAY_FIRST


@dataclass(slots=True)
class DateReader:
    """Dates are midnights of `zone`, unless a time or a zone of its own stands beside them. None: at once."""

    zone: tzinfo
    order: DateOrder
    _known: dict[str, datetime | None] = field(default_factory=dict)

    def moment(self, cell: str, name: str) -> datetime | None:
        if cell not in self._known:
            self._known[cell] = self._read(cell, name)
        return self._known[cell]

    def _read(self, cell: str, name: str) -> datetime | None:
        text = " ".join(cell.lower().split())
        if text.replace(" ", "-") in IMMEDIATE:
            return None
        serial = SERIAL.fullmatch(text)
        if serial is not None and (isinstance(cell, SheetNumber) or "." not in text):
            return self._at(SERIAL_BEGIN + timedelta(days=int(serial[1])), "", cell, name)
        parts = self._parts(text)
        if parts is None:
            raise _refused(name, f"{cell[:40]!r} is no date, such as 2026-12-01.")
        year, month, day, rest = parts
        try:
            found = date(year + 2000 if year < 100 else year, month, day)
        except ValueError:
            raise _refused(name, f"{cell[:40]!r}: there is no such day: look it up in a calendar.") from None
        return self._at(found, rest, cell, name)

    def _parts(self, text: str) -> tuple[int, int, int, str] | None:
        for shape in (ISO, COMPACT):
            if found := shape.fullmatch(text):
                return int(found[1]), int(found[2]), int(found[3]), found[4] or ""
        if found := SLASHED.fullmatch(text):
            day, month = (found[1], found[2]) if self.order is DateOrder.DAY_FIRST else (found[2], found[1])
            return int(found[3]), int(month), int(day), found[4] or ""
        if found := DOTTED.fullmatch(text):  # who writes points writes the day first
            return int(found[3]), int(found[2]), int(found[1]), found[4] or ""
        if (found := DAY_NAMED.fullmatch(text)) and found[2][:3] in MONTHS:
            return int(found[3]), MONTHS[found[2][:3]], int(found[1]), found[4] or ""
        if (found := NAMED_DAY.fullmatch(text)) and found[1][:3] in MONTHS:
            return int(found[3]), MONTHS[found[1][:3]], int(found[2]), found[4] or ""
        return None

    def _at(self, day: date, rest: str, cell: str, name: str) -> datetime:
        if not YEAR_MIN <= day.year <= YEAR_MAX:
            raise _refused(name, f"{cell[:40]!r}: the year is not from {YEAR_MIN} to {YEAR_MAX}.")
        found = TIME.fullmatch(rest or "00:00")
        if found is None:
            raise _refused(name, f"{cell[:40]!r}: the time of day is not like 13:00: write it so, or leave it out.")
        hour, minute, second, fraction, half, zone = found.groups()
        hours = int(hour) if half is None else int(hour) % 12 + 12 * (half == "pm")
        micros = int((fraction or "0").ljust(6, "0"))
        try:
            moment = datetime(
                day.year, day.month, day.day, hours, int(minute), int(second or 0), micros, self._zone(zone)
            )
        except ValueError:
            raise _refused(
                name, f"{cell[:40]!r}: there is no such time of day: write one from 00:00 to 23:59."
            ) from None
        return moment.astimezone(UTC)

    def _zone(self, text: str | None) -> tzinfo:
        if text is None:
            return self.zone
        if text in {"utc", "gmt", "z"}:
            return UTC
        minutes = int(text[1:3]) * 60 + int(text[-2:])
        return timezone(timedelta(minutes=-minutes if text.startswith("-") else minutes))


def _refused(name: str, sentence: str) -> CellRefused:
    return CellRefused(Reason.DATE, f"{name}: {sentence}")
