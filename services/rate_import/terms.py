"""The terms of a rate in one fixed order, as tuples that can be compared and copied quickly."""

import json
from collections.abc import Sequence
from typing import Any, Final

from billing.rate_choice import EVERY_DAY, MINUTES_A_DAY
from billing.tariff import Step, Tariff, TariffRefused
from services.rate_import.refusals import CellRefused, Reason

Terms = tuple[Any, ...]
TARIFF_NAMES: Final = tuple(name for name in Tariff.__slots__ if name != "steps")
TERM_NAMES: Final = (
    "destination_name",
    *TARIFF_NAMES,
    "steps",
    "ghost_minutes_percent",
    "is_blocked",
)
PLACES: Final = {name: place for place, name in enumerate(TERM_NAMES)}
NAME, PRICE, STEPS, BLOCKED = (
    PLACES[name] for name in ("destination_name", "price_per_minute_micros", "steps", "is_blocked")
)
NO_STEPS: Final = "[]"
_STANDARD: Final = {
    "first_block_seconds": 1,
    "increment_seconds": 1,
    "steps": NO_STEPS,
    "ghost_minutes_percent": None,
    "is_blocked": False,
}
STANDARD: Final[Terms] = tuple(_STANDARD.get(name, 0) for name in TERM_NAMES)
ALL_WEEK: Final = (EVERY_DAY, 0, MINUTES_A_DAY)  # days, from_minute, until_minute
_PAIRED: Final = [PLACES[name] for name in ("block_fee_micros", "round_up_above_seconds", "round_up_to_seconds")]


class Missing:
    """The type of what a line says nothing about: the rate before it, or the standard, holds."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


def steps_text(steps: Sequence[Any]) -> str:
    """One spelling, so that equal steps are equal texts."""
    return json.dumps(list(steps), sort_keys=True, separators=(",", ":")) if steps else NO_STEPS


def steps_cell(cell: str) -> str:
    """As our exports write them. Raises CellRefused."""
    if not cell:
        return NO_STEPS
    try:
        steps = [Step(**step) for step in json.loads(cell)]
        Tariff(0, steps=tuple(steps))
    except (ValueError, TypeError, RecursionError) as wrong:
        told = str(wrong) if isinstance(wrong, TariffRefused) else "no list of steps as an export writes them."
        raise CellRefused(Reason.TERM, f"steps: {told}") from None
    return steps_text([{name: getattr(step, name) for name in Step.__slots__} for step in steps])


def check_together(terms: Terms) -> None:
    """The rules between terms; each alone was checked when its cell was read. Raises CellRefused."""
    if not any(terms[place] for place in _PAIRED):
        return
    values = {name: terms[PLACES[name]] for name in TARIFF_NAMES}
    try:
        Tariff(**values)
    except TariffRefused as refused:
        raise CellRefused(Reason.TERM, str(refused)) from None
