"""The rate of a table that holds for a number at a moment: what selling and buying both begin with."""

from typing import NamedTuple

from billing.tariff import Tariff


class HeldRate(NamedTuple):
    """A blocked one hides its shorter prefixes: the table does not take these calls at all. (A call makes one for
    each of its carriers: a tuple is made three times as fast as a dataclass.)
    """

    prefix: str
    destination_name: str
    is_blocked: bool
    ghost_minutes_percent: int | None
    tariff: Tariff
