"""Tell which rule gave a card its date: the cure for "the card expired too early" (V-23)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.expiry import end_of_day, expires_at, last_day
from billing.states import ExpiryGivenBy
from models import Card, CardSeries


class ExpiryRule(StrEnum):
    """What gave a card its last day."""

    NONE = "none"  # it never expires
    NOT_YET = "not_yet"  # its period begins when it is activated
    SERIES_DATE = "series_date"
    PERIOD = "period"
    OPERATOR = "operator"
    RECHARGE = "recharge"
    EARLIER_RULES = "earlier_rules"  # the series has changed and its cards were not recomputed


@dataclass(frozen=True, slots=True)
class ExpiryExplanation:
    """The sentence for an operator, and every figure it rests on; days are of the platform's zone."""

    rule: ExpiryRule
    sentence: str
    activated_at: datetime | None
    last_day: date | None
    expires_at: datetime | None
    grace_ends_at: datetime | None
    grace_days: int
    series_date: date | None
    period_days: int | None
    last_day_by_period: date | None


@dataclass(frozen=True, slots=True)
class _Facts:
    activated_at: datetime | None
    expires_at: datetime | None
    grace_ends_at: datetime | None
    given_by: ExpiryGivenBy | None
    series_date: date | None
    period_days: int | None
    grace_days: int


def explain_expiry(session: Session, card_id: int, zone: tzinfo) -> ExpiryExplanation:
    columns: tuple[Any, ...] = (
        Card.activated_at,
        Card.expires_at,
        Card.grace_ends_at,
        Card.expiry_given_by,
        CardSeries.expiry_date,
        CardSeries.expiry_period_days,
        CardSeries.expiry_grace_days,
    )
    query = select(*columns).join(CardSeries, CardSeries.id == Card.series_id).where(Card.id == card_id)
    facts = _Facts(*session.execute(query).one())
    rule = _rule(facts, zone)
    by_period = expires_at(facts.activated_at, None, facts.period_days, zone)
    return ExpiryExplanation(
        rule=rule,
        sentence=_sentence(rule, facts, zone),
        activated_at=facts.activated_at,
        last_day=None if facts.expires_at is None else last_day(facts.expires_at, zone),
        expires_at=facts.expires_at,
        grace_ends_at=facts.grace_ends_at,
        grace_days=facts.grace_days,
        series_date=facts.series_date,
        period_days=facts.period_days,
        last_day_by_period=None if by_period is None else last_day(by_period, zone),
    )


def _rule(facts: _Facts, zone: tzinfo) -> ExpiryRule:
    if facts.given_by is not None:
        return ExpiryRule(facts.given_by.value)
    if facts.expires_at is None:
        waits = facts.activated_at is None and facts.period_days is not None
        return ExpiryRule.NOT_YET if waits else ExpiryRule.NONE
    if facts.series_date is not None and facts.expires_at == end_of_day(facts.series_date, zone):
        return ExpiryRule.SERIES_DATE
    if facts.expires_at == expires_at(facts.activated_at, None, facts.period_days, zone):
        return ExpiryRule.PERIOD
    return ExpiryRule.EARLIER_RULES


def _sentence(rule: ExpiryRule, facts: _Facts, zone: tzinfo) -> str:
    match rule:
        case ExpiryRule.NONE:
            return "This card never expires: its series has neither a date nor a period."
        case ExpiryRule.NOT_YET:
            return f"This card has no date yet: its {facts.period_days} days begin when it is activated."
        case _:
            return f"{_valid_through(facts, zone)}: {_reason(rule, facts, zone)}.{_grace(facts, zone)}"


def _valid_through(facts: _Facts, zone: tzinfo) -> str:
    assert facts.expires_at is not None  # noqa: S101 (the rules without a date are told before)
    return f"Valid through {last_day(facts.expires_at, zone)} ({zone})"


def _reason(rule: ExpiryRule, facts: _Facts, zone: tzinfo) -> str:
    match rule:
        case ExpiryRule.SERIES_DATE:
            return f"the date of its series{_later_rule(facts, zone)}"
        case ExpiryRule.PERIOD:
            later = f", earlier than the date of its series, {facts.series_date}" if facts.series_date else ""
            return f"{facts.period_days} days from its activation on {_activation_day(facts, zone)}{later}"
        case ExpiryRule.OPERATOR:
            return "an operator gave it this date (see the audit log)"
        case ExpiryRule.RECHARGE:
            return "its last recharge extended it"
        case _:
            return "earlier rules of its series; the present ones have not been applied to it"


def _later_rule(facts: _Facts, zone: tzinfo) -> str:
    """Both rules set: why the period did not give the date."""
    if facts.period_days is None:
        return ""
    if facts.activated_at is None:
        return f"; its {facts.period_days} days begin when it is activated"
    day = facts.activated_at.astimezone(zone).date() + timedelta(days=facts.period_days)
    return f", not later than {day}, its {facts.period_days} days from {_activation_day(facts, zone)}"


def _activation_day(facts: _Facts, zone: tzinfo) -> date | None:
    return None if facts.activated_at is None else facts.activated_at.astimezone(zone).date()


def _grace(facts: _Facts, zone: tzinfo) -> str:
    if facts.grace_ends_at is None or facts.grace_ends_at == facts.expires_at:
        return " There is no grace: what is left lapses then."
    return f" What is left is kept through {last_day(facts.grace_ends_at, zone)}."
