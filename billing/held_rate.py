"""The rate of a table that holds for a number at a moment: what selling and buying both begin with."""

from dataclasses import dataclass

from billing.tariff import Tariff


@dataclass(frozen=True, slots=True)
class HeldRate:
    """A blocked one hides its shorter prefixes: the table does not take these calls at all."""

    prefix: str
    destination_name: str
    is_blocked: bool
    ghost_minutes_percent: int | None
    tariff: Tariff
