"""Prices and fees as carriers write them: decimal commas, thousands, currency signs, cents; always whole micros."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from billing.money import MICROS_PER_UNIT, MINOR_DIGITS, text_from_micros
from billing.price_ceiling import price_absurd_micros
from services.rate_import.refusals import CellRefused, FileRefused, Reason
from services.rate_import.sheet import SheetNumber

SIGNS: Final = {"€": "EUR", "£": "GBP", "₹": "INR", "R$": "BRL", "₺": "TRY", "₽": "RUB", "zł": "PLN", "US$": "USD"}
DOLLAR: Final = "$"  # of the United States, Canada, Mexico ...: it tells no currency
NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
SCIENTIFIC: Final = re.compile(r"[0-9](?:[.,][0-9]{1,16})?[eE][+-]?[0-9]{1,2}")
CENTS: Final = re.compile(r"\b(?:us)?(?:cents?|c(?:e|é)ntimos?|centavos?|¢)\b", re.IGNORECASE)
GROUPED: Final = re.compile(r"[1-9][0-9]{0,2}(?:[,.][0-9]{3})+")
SHOWN: Final = 30


class DecimalSign(StrEnum):
    POINT = "point"
    COMMA = "comma"


def decimal_sign(cells: Iterable[str]) -> DecimalSign:
    """Decided for the whole file, by the cells that leave no doubt. Raises FileRefused if none does."""
    commas = points = doubts = 0
    for cell in {cell for cell in cells if not isinstance(cell, SheetNumber)}:
        if "," not in cell and "." not in cell:
            continue
        comma, point = cell.rfind(","), cell.rfind(".")
        if comma >= 0 and point >= 0:
            commas, points = commas + (comma > point), points + (point > comma)
            continue
        digits = re.sub(r"[^0-9.,]", "", cell)
        is_grouped = GROUPED.fullmatch(digits) is not None
        if comma >= 0:
            commas, doubts = commas + (not is_grouped), doubts + is_grouped
        else:
            points += not is_grouped
    if commas and points:
        raise FileRefused(
            "Some prices have a decimal comma and some a decimal point: say --decimal comma or --decimal point."
        )
    if doubts and not commas and not points:
        raise FileRefused(
            "All prices look like 1,234: that may be 1.234 or one thousand. Say --decimal comma or --decimal point."
        )
    return DecimalSign.COMMA if commas else DecimalSign.POINT


@dataclass(slots=True)
class PriceReader:
    """`is_cents` where the heading says so; `rounded_up` counts prices finer than a micro."""

    currency: str
    sign: DecimalSign
    is_cents: bool = False
    rounded_up: int = 0
    _known: dict[str, int] = field(default_factory=dict)

    def micros(self, cell: str, name: str) -> int:
        known = self._known.get(cell)
        if known is None:
            known = self._known[cell] = self._micros(cell, name)
        return known

    def _micros(self, cell: str, name: str) -> int:
        text = self._bare(cell, name)
        try:
            amount = Decimal(text) * MICROS_PER_UNIT
        except InvalidOperation:
            raise _refused(name, f"{cell[:SHOWN]!r} is no amount: write digits, such as 0.0125.") from None
        if self.is_cents:
            amount = amount.scaleb(-2)
        whole = int(amount.to_integral_value(rounding=ROUND_CEILING))
        self.rounded_up += whole != amount
        if whole > (most := price_absurd_micros(self.currency)):
            raise _refused(
                name,
                f"{cell[:SHOWN]} is absurd: at most {text_from_micros(most)} is taken. Look for a lost decimal point.",
            )
        return whole

    def _bare(self, cell: str, name: str) -> str:
        """The digits with a point, in at most 60 characters; raises for whatever is no plain amount from 0."""
        if len(cell) > 2 * SHOWN:
            raise _refused(name, "this is no amount: write digits, such as 0.0125.")
        text = self._without_currency(cell.strip(), name)
        if text.startswith("-") or (text.startswith("(") and text.endswith(")")):
            raise _refused(name, f"{cell[:SHOWN]} is negative: give 0 or more.")
        if SCIENTIFIC.fullmatch(text):
            return text.replace(",", ".")
        if not isinstance(cell, SheetNumber):
            text = self._pointed(text)
        if not NUMBER.fullmatch(text):
            raise _refused(name, f"{cell[:SHOWN]!r} is no amount: write digits, such as 0.0125.")
        return text

    def _pointed(self, text: str) -> str:
        """The decimal sign as a point; thousands only where they stand in threes."""
        text = text.replace("\xa0", " ").replace("'", " ").replace("\u2019", " ")
        other, own = (".", ",") if self.sign is DecimalSign.COMMA else (",", ".")
        whole, _, fraction = text.partition(own)
        groups = re.split(rf"[ {re.escape(other)}]", whole)
        if len(groups) > 1 and (any(len(group) != 3 for group in groups[1:]) or not 1 <= len(groups[0]) <= 3):
            return ""
        return f"{''.join(groups)}.{fraction}" if fraction else "".join(groups)

    def _without_currency(self, text: str, name: str) -> str:
        for sign, currency in SIGNS.items():
            if sign in text:
                self.check_currency(currency, name)
                text = text.replace(sign, "")
        text = text.replace(DOLLAR, "").strip()
        code = re.match(r"([A-Za-z]{3})\b\s*|.*?\s*\b([A-Za-z]{3})$", text)
        if code is not None:
            word = (code.group(1) or code.group(2)).upper()
            if word in MINOR_DIGITS:
                self.check_currency(word, name)
                text = re.sub(rf"\s*{word}\s*", "", text, flags=re.IGNORECASE)
        return text.strip()

    def check_currency(self, currency: str, name: str) -> None:
        if currency != self.currency:
            raise CellRefused(
                Reason.CURRENCY,
                f"{name}: in {currency}, but the rate table is in {self.currency}: take another table.",
            )


def refuse_currency(heading: str, currency: str) -> None:
    """A heading such as `Tarifa (€)` or `Price EUR` over the prices of a table in USD."""
    words = set(re.findall(r"\b[A-Z]{3}\b", heading)) - {"ALL", "TOP"}  # "ALL RATES" are not in lek
    told = {SIGNS[sign] for sign in SIGNS if sign in heading} | (words & MINOR_DIGITS.keys())
    if told and currency not in told:
        raise FileRefused(
            f"The heading {heading!r} says {', '.join(sorted(told))}, but the rate table is in {currency}: "
            "take another table."
        )


def says_cents(heading: str) -> bool:
    return CENTS.search(heading) is not None


def _refused(name: str, sentence: str) -> CellRefused:
    return CellRefused(Reason.PRICE, f"{name}: {sentence}")
