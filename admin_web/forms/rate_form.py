"""The form of a rate: every term of features.md 2d, days, hours and steps as people write them."""

from collections.abc import Mapping
from typing import Any

from admin_web.forms.amounts import read_amount, shown_amount
from admin_web.forms.edit_form import Sections
from billing.money import MoneyTextRefused
from billing.rate_times import RateTimesRefused, days_from_text, hours_from_text, text_of_days, text_of_hours
from services.rates.rate_fields import RATE_FIELDS
from services.store.fields import Field, FieldKind, FieldsRefused
from web_base.texts import gettext, lazy_gettext, translated

STEPS_CHARACTERS_MAX = 1_000
STEP_DEFAULTS = ("1", "0")  # increment and fee
BY_NAME = {field.name: field for field in RATE_FIELDS}
DAYS = Field("days", FieldKind.TEXT, "Weekdays, such as mon-fri or sat,sun; all = every day.", most=40)
HOURS = Field("hours", FieldKind.TEXT, "Hours of the day, such as 08:00-18:00; all = the whole day.", most=20)
STEPS = Field(
    "steps",
    FieldKind.TEXT,
    "One a line: SECONDS:PRICE[:INCREMENT[:FEE]], such as 120:0.50:60:0.10 for the first two minutes.",
    most=STEPS_CHARACTERS_MAX,
    is_optional=True,
)
BEGINS = Field(
    "begins_at",
    FieldKind.MOMENT,
    "From when the new terms hold; empty = now.",
    is_optional=True,
)
FROM = Field("valid_from", FieldKind.MOMENT, "From when it holds; empty = now.", is_optional=True)
IN_WORDS = ("days", "hours", "steps")


def _named(*names: str) -> list[Field]:
    return [BY_NAME[name] for name in names]


_PRICE = _named(
    "price_per_minute_micros",
    "connect_fee_micros",
    "first_block_seconds",
    "increment_seconds",
    "cost_min_micros",
    "free_seconds",
    "surcharge_seconds",
)
_FEES = _named(
    "disconnect_fee_micros",
    "disconnect_fee_after_seconds",
    "block_fee_micros",
    "block_fee_seconds",
    "round_up_above_seconds",
    "round_up_to_seconds",
)


def rate_sections(*, is_new: bool) -> Sections:
    prefix = _named("prefix") if is_new else []
    when = FROM if is_new else BEGINS
    return (
        (lazy_gettext("Destination"), [*prefix, *_named("destination_name", "is_blocked", "ghost_minutes_percent")]),
        (lazy_gettext("Price"), _PRICE),
        (lazy_gettext("Other terms"), [*_FEES, STEPS]),
        (lazy_gettext("When it holds"), [when, *_named("valid_until"), DAYS, HOURS]),
    )


def in_words(rate: Mapping[str, Any]) -> dict[str, Any]:
    """A rate as its form shows it."""
    return {
        **rate,
        "days": text_of_days(rate["days"]),
        "hours": text_of_hours(rate["from_minute"], rate["until_minute"]),
        "steps": steps_in_words(rate["steps"]),
    }


def steps_in_words(steps: list[dict[str, int]]) -> str:
    return "\n".join(
        f"{step['seconds']}:{shown_amount(step['price_per_minute_micros'])}:{step.get('increment_seconds', 1)}:"
        f"{shown_amount(step.get('fee_micros', 0))}"
        for step in steps
    )


def rate_from(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the form as the services take them. Raises FieldsRefused."""
    rate = {name: value for name, value in values.items() if name not in (*IN_WORDS, "begins_at")}
    problems: dict[str, str] = {}
    try:
        rate["days"] = days_from_text(values["days"])
    except RateTimesRefused as refused:
        problems["days"] = translated(refused)
    try:
        rate["from_minute"], rate["until_minute"] = hours_from_text(values["hours"])
    except RateTimesRefused as refused:
        problems["hours"] = translated(refused)
    try:
        rate["steps"] = [_step(line) for line in (values["steps"] or "").split("\n") if line.strip()]
    except ValueError as refused:
        problems["steps"] = translated(refused)
    if problems:
        raise FieldsRefused(problems)
    return rate


def _step(line: str) -> dict[str, int]:
    seconds, *rest = line.strip().split(":")
    try:
        price, increment, fee = (*rest, *STEP_DEFAULTS[max(0, len(rest) - 1) :])
        return {
            "seconds": int(seconds),
            "price_per_minute_micros": read_amount(price),
            "increment_seconds": int(increment),
            "fee_micros": read_amount(fee),
        }
    except MoneyTextRefused:
        raise
    except ValueError:
        told = gettext("“%(line)s” is no step: write it such as 120:0.50 or 120:0.50:60:0.10.", line=line.strip())
        raise ValueError(told) from None
