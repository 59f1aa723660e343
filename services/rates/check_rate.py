"""Whether a rate can be billed: each value for itself and all of them together, in sentences that say what to change.

It asks no database, so that an import checks its lines by the same rules.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from billing.announcement import GhostPercentRefused, validate_ghost_percent
from billing.money import text_from_micros
from billing.price_ceiling import price_absurd_micros
from billing.rate_choice import EVERY_DAY, MINUTES_A_DAY
from billing.snapshot import tariff_from_json
from billing.tariff import TariffRefused
from services.rates.rate_fields import PREFIX_DIGITS_MAX, TERM_FIELDS
from services.store.fields import spoken

BLOCK_SECONDS_ABSURD = 3_600  # no network bills in blocks of more than an hour: such a figure is in milliseconds
VALID_FIRST = datetime(2000, 1, 1, tzinfo=UTC)  # a year such as 0026 or 2207 is a slip
VALID_LAST = datetime(2100, 1, 1, tzinfo=UTC)
DEFAULTS: dict[str, Any] = {
    **{field.name: field.least for field in TERM_FIELDS},
    "first_block_seconds": 1,
    "steps": [],
    "valid_until": None,
    "days": EVERY_DAY,
    "from_minute": 0,
    "until_minute": MINUTES_A_DAY,
    "ghost_minutes_percent": None,
    "is_blocked": False,
}
Rate = Mapping[str, Any]


def rate_problems(rate: Rate, currency: str, *, ghost_above_100_allowed: bool = False) -> dict[str, str]:
    """A sentence for each field that is wrong; `rate` has every column of models.Rate but its ids, of right types."""
    checks: Sequence[Callable[[Rate], dict[str, str]]] = (_prefix, _blocks, _moments, _hours, _tariff)
    problems: dict[str, str] = {}
    for check in checks:
        problems |= check(rate)
    return problems | _prices(rate, currency) | _ghost(rate, ghost_above_100_allowed=ghost_above_100_allowed)


def prefix_problem(prefix: str) -> str | None:
    if not prefix.isascii() or not prefix.isdigit():
        return f"The prefix {prefix!r} is not digits: write it in international form, such as 370, without + or 00."
    if len(prefix) > PREFIX_DIGITS_MAX:
        return f"The prefix {prefix} has {len(prefix)} digits: give at most {PREFIX_DIGITS_MAX}."
    if prefix.startswith("0"):
        return (
            f"The prefix {prefix} begins with 0: write it in international form, without the digits for dialling out."
        )
    return None


def _prefix(rate: Rate) -> dict[str, str]:
    problem = prefix_problem(rate["prefix"])
    return {"prefix": problem} if problem else {}


def _prices(rate: Rate, currency: str) -> dict[str, str]:
    most_micros = price_absurd_micros(currency)
    return {
        name: f"The {told} is {text_from_micros(micros)} {currency}: no call costs more than "
        f"{text_from_micros(most_micros)}, look for a lost decimal point."
        for name, told, micros in _amounts(rate)
        if micros > most_micros
    }


def _amounts(rate: Rate) -> Iterator[tuple[str, str, int]]:
    """Field, spoken name and micros of each price and fee."""
    for field in TERM_FIELDS:
        if field.name.endswith("_micros"):
            yield field.name, spoken(field.name), rate[field.name]
    for place, step in enumerate(rate["steps"], 1):
        for name in ("price_per_minute_micros", "fee_micros"):
            micros = step.get(name, 0)
            yield "steps", f"{spoken(name)} of step {place}", micros if isinstance(micros, int) else 0


def _blocks(rate: Rate) -> dict[str, str]:
    return {
        name: f"The {spoken(name)} are {rate[name]}: no network bills by more than an hour, give at most "
        f"{BLOCK_SECONDS_ABSURD} (seconds, not milliseconds)."
        for name in ("first_block_seconds", "increment_seconds")
        if rate[name] > BLOCK_SECONDS_ABSURD
    }


def _moments(rate: Rate) -> dict[str, str]:
    begin, end = rate["valid_from"], rate["valid_until"]
    problems = {
        name: f"The {spoken(name)} is in the year {moment.year}: give one from {VALID_FIRST.year} to {VALID_LAST.year}."
        for name, moment in (("valid_from", begin), ("valid_until", end))
        if moment is not None and not VALID_FIRST <= moment <= VALID_LAST
    }
    if end is not None and end <= begin:
        problems["valid_until"] = (
            f"The rate would end ({end:%Y-%m-%d %H:%M}) before it begins ({begin:%Y-%m-%d %H:%M}): give a later end."
        )
    return problems


def _hours(rate: Rate) -> dict[str, str]:
    if rate["from_minute"] < rate["until_minute"]:
        return {}
    return {
        "until_minute": "The hours end before they begin: for hours that pass midnight make two rates, one until "
        "24:00 and one from 00:00."
    }


def _tariff(rate: Rate) -> dict[str, str]:
    """What billing itself refuses."""
    terms = {field.name: rate[field.name] for field in TERM_FIELDS}
    try:
        tariff_from_json({**terms, "steps": rate["steps"]})
    except TariffRefused as refused:
        return {"": str(refused)}
    return {}


def _ghost(rate: Rate, *, ghost_above_100_allowed: bool) -> dict[str, str]:
    if rate["ghost_minutes_percent"] is None:
        return {}
    try:
        validate_ghost_percent(rate["ghost_minutes_percent"], above_100_allowed=ghost_above_100_allowed)
    except GhostPercentRefused as refused:
        return {"ghost_minutes_percent": str(refused)}
    return {}
