"""Cells of another system as values of ours: amounts, moments, card numbers, PINs. What is refused is named by its
field, never by its value.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import Final

from billing.card_number import find_series_and_serial
from billing.expiry import EXPIRY_DATE_MAX
from billing.money import MICROS_PER_UNIT, UNITS_DIGITS_MAX
from billing.pin import PIN_LENGTH_MAX, PIN_LENGTH_MIN
from billing.states import CardStatus

# A balance of other systems is a binary fraction: 4.929999999999. What is below a micro is dropped.
AMOUNT: Final = re.compile(rf"([0-9]{{1,{UNITS_DIGITS_MAX}}})(?:[.,]([0-9]{{1,30}}))?")
MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}:[0-9]{2})?")
NO_MOMENT: Final = "0000-00-00"  # MySQL's
LANGUAGE: Final = re.compile(r"[a-z]{2}")
YEAR_MIN: Final = 1990
YES: Final = frozenset({"1", "t", "true", "y", "yes"})
NO: Final = frozenset({"0", "f", "false", "n", "no"})


class CellRefused(ValueError):
    """A cell cannot be taken; the sentence says why, without its value."""

    def __init__(self, field_name: str, sentence: str) -> None:
        super().__init__(f"{field_name}: {sentence}")
        self.field, self.sentence = field_name, sentence


@dataclass(frozen=True, slots=True)
class ImportedCard:
    """A card as another system knew it. `number` is without its dash; None: it gets a new one."""

    line: int
    number: str | None
    pin: str = field(repr=False)
    balance_micros: int
    status: CardStatus
    status_before: CardStatus | None
    activated_at: datetime | None
    expires_on: date | None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """Moments of the file are of the platform's zone; none of the past lies after `now`."""

    zone: tzinfo
    now: datetime


def card_number_cell(name: str, text: str) -> str:
    if find_series_and_serial(text) is None:
        raise CellRefused(name, "no card number: a series from 1 to 100,000,000 and nine digits, 10 to 18 together.")
    return text.replace("-", "")


def pin_cell(name: str, text: str) -> str:
    """Spaces between groups of digits are dropped."""
    pin = text.replace(" ", "")
    if not (pin.isascii() and pin.isdigit()):
        raise CellRefused(name, "not digits only.")
    if not PIN_LENGTH_MIN <= len(pin) <= PIN_LENGTH_MAX:
        raise CellRefused(name, f"not {PIN_LENGTH_MIN} to {PIN_LENGTH_MAX} digits: give this card a new PIN.")
    return pin


def amount_cell(name: str, text: str) -> int:
    """Micros; a decimal comma is as good as a point."""
    found = AMOUNT.fullmatch(text)
    if found is None:
        raise CellRefused(name, "no amount from 0, written like 5.00 or 5,00.")
    units, decimals = found.groups(default="")
    return int(units) * MICROS_PER_UNIT + int(decimals[:6].ljust(6, "0"))


def moment_cell(name: str, text: str, clock: Clock) -> datetime | None:
    """Aware UTC; None where there is none."""
    if not text or text.startswith(NO_MOMENT):
        return None
    moment = None
    if MOMENT.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
    if moment is None or not YEAR_MIN <= moment.year <= EXPIRY_DATE_MAX.year - 1:
        raise CellRefused(name, f"no moment from {YEAR_MIN} on, written like 2026-11-22 12:00:00.")
    return moment.replace(tzinfo=clock.zone).astimezone(UTC)


def past_cell(name: str, text: str, clock: Clock) -> datetime | None:
    moment = moment_cell(name, text, clock)
    if moment is not None and moment > clock.now:
        raise CellRefused(name, "this moment has not come yet.")
    return moment


def day_cell(name: str, text: str, clock: Clock) -> date | None:
    """The last day, by the platform's clock."""
    moment = moment_cell(name, text, clock)
    return None if moment is None else moment.astimezone(clock.zone).date()


def flag_cell(name: str, text: str) -> bool:
    word = text.lower()
    if word not in YES | NO:
        raise CellRefused(name, "neither 1 nor 0.")
    return word in YES


def language_cell(text: str) -> str | None:
    """None for what is no code of a language: the access number's is spoken then."""
    return text.lower() if LANGUAGE.fullmatch(text.lower()) else None
