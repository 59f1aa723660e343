"""Exchange rates in plain words, and sums of several currencies in that of reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.exchange import converted, text_from_value_parts
from models import ExchangeRate
from services.currencies.set_exchange_rate import value_at

RATES_SHOWN_MAX = 1_000


@dataclass(frozen=True, slots=True)
class ReportSum:
    """`rounded` of the converted amounts lost less than a micro each; `unknown` currencies are not in the sum."""

    currency: str
    micros: int
    rounded: int
    unknown: tuple[str, ...]


def report_sum(session: Session, amounts: Mapping[str, int], day: date, report_currency: str) -> ReportSum:
    """Micros by currency, each converted once with its value on the day."""
    micros = rounded = 0
    unknown: list[str] = []
    for currency, amount_micros in sorted(amounts.items()):
        value_parts = value_at(session, currency, day, report_currency)
        if value_parts is None:
            unknown.append(currency)
            continue
        result = converted(amount_micros, value_parts)
        micros += result.micros
        rounded += bool(result.lost_parts)
    return ReportSum(report_currency, micros, rounded, tuple(unknown))


def exchange_rates(session: Session, report_currency: str, currency: str | None = None) -> list[dict[str, Any]]:
    """By currency, the newest day first."""
    query = select(ExchangeRate).where(ExchangeRate.report_currency == report_currency)
    if currency is not None:
        query = query.where(ExchangeRate.currency == currency)
    ordered = query.order_by(ExchangeRate.currency, ExchangeRate.day.desc()).limit(RATES_SHOWN_MAX)
    return [
        {
            "currency": rate.currency,
            "day": rate.day.isoformat(),
            "value": text_from_value_parts(rate.value_parts),
            "report_currency": rate.report_currency,
        }
        for rate in session.scalars(ordered)
    ]
