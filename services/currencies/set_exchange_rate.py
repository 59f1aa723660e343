"""Say what a unit of a currency is worth in the currency of reports from a day on."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.exchange import PARTS_PER_UNIT, VALUE_PARTS_MAX, text_from_value_parts
from billing.money import CurrencyUnknown, minor_digits
from models import ExchangeRate
from services.audit.audit import Act, Actor, note
from services.store.fields import FieldsRefused
from services.store.upsert import upsert

# Currencies do not double or halve from one entry to the next; a value the wrong way round does.
JUMP_FACTOR_MAX = 2
DAY_FIRST = date(2000, 1, 1)


def set_exchange_rate(
    session: Session,
    currency: str,
    value_parts: int,
    day: date,
    report_currency: str,
    actor: Actor,
    now: datetime,
    *,
    is_sure: bool = False,
) -> None:
    """Of the same day the new value replaces the old one. `is_sure`: a jump is no slip."""
    today = now.date() + timedelta(days=1)  # east of Greenwich it has begun already
    problem = _problem(currency, value_parts, day, today, report_currency)
    before = value_at(session, currency, day, report_currency)
    if problem is None and before is not None and not is_sure:
        problem = _jump(currency, value_parts, before, report_currency)
    if problem is not None:
        raise FieldsRefused({"value": problem})
    row = {"report_currency": report_currency, "currency": currency, "day": day, "value_parts": value_parts}
    changes = {"value_parts": value_parts}
    upsert(session, ExchangeRate, row, changes, where=None, returning=[ExchangeRate.day])
    told = {"day": day.isoformat(), report_currency: text_from_value_parts(value_parts)}
    was = None if before is None else {report_currency: text_from_value_parts(before)}
    note(session, actor, Act("exchange_rate.set", "currency", currency, was, told), now)


def value_at(session: Session, currency: str, day: date, report_currency: str) -> int | None:
    """What a unit was worth on the day: the newest value up to it. None: it has none."""
    if currency == report_currency:
        return PARTS_PER_UNIT
    query = select(ExchangeRate.value_parts).where(
        ExchangeRate.report_currency == report_currency, ExchangeRate.currency == currency, ExchangeRate.day <= day
    )
    return session.scalars(query.order_by(ExchangeRate.day.desc()).limit(1)).one_or_none()


def _problem(currency: str, value_parts: int, day: date, today: date, report_currency: str) -> str | None:
    try:
        minor_digits(currency)
    except CurrencyUnknown as unknown:
        return str(unknown)
    if currency == report_currency:
        return f"Reports are in {currency}: its value is 1 and cannot be set."
    if not 0 < value_parts <= VALUE_PARTS_MAX:
        return f"A unit cannot be worth {text_from_value_parts(value_parts)}: give more than 0 and at most 9000000."
    if not DAY_FIRST <= day <= today:
        return f"{day} is no day of which the value is known: give one from {DAY_FIRST} to {today}."
    return None


def _jump(currency: str, value_parts: int, before: int, report_currency: str) -> str | None:
    if before <= value_parts * JUMP_FACTOR_MAX and value_parts <= before * JUMP_FACTOR_MAX:
        return None
    return (
        f"The last value of a {currency} was {text_from_value_parts(before)} {report_currency}, this one is "
        f"{text_from_value_parts(value_parts)}: is it the wrong way round? Confirm it if it is right."
    )
