"""The taxes of a call: on top of its price, or contained in it; simple, or on the taxes before them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from billing.money import divide_ceiling, divide_floor
from billing.tariff import PARTS_PER_MILLION, Tax

TaxAmounts = tuple[tuple[str, int], ...]  # name and micros, in their order


@dataclass(frozen=True, slots=True)
class CallTaxes:
    """What a tax profile asks: with `are_included` the price of the rate table contains the taxes."""

    taxes: tuple[Tax, ...] = ()
    are_included: bool = False


NO_TAXES: Final = CallTaxes()


def taxes_on(net_micros: int, taxes: Iterable[Tax]) -> TaxAmounts:
    """Each rounded up to a whole micro; a compound one is on the price and all taxes before it."""
    amounts: list[tuple[str, int]] = []
    before_micros = 0
    for tax in taxes:
        base_micros = net_micros + (before_micros if tax.is_compound else 0)
        amount_micros = divide_ceiling(base_micros * tax.parts_per_million, PARTS_PER_MILLION)
        amounts.append((tax.name, amount_micros))
        before_micros += amount_micros
    return tuple(amounts)


def net_within(gross_micros: int, taxes: Sequence[Tax]) -> int:
    """The greatest price that with its taxes is at most `gross_micros`.

    Taxes round up, so that the last micro of the gross may be left over: it stays with the revenue.
    """
    unit = PARTS_PER_MILLION ** len(taxes)
    gross_of_unit = unit + _exact_taxes(unit, taxes)
    net_micros = divide_floor(gross_micros * unit, gross_of_unit)
    while net_micros + _sum(taxes_on(net_micros, taxes)) > gross_micros:  # by the few micros of rounding up
        net_micros -= 1
    return net_micros


def shares(amounts: Sequence[int], whole_micros: int) -> tuple[int, ...]:
    """`whole_micros` divided as the amounts are: whole micros that sum to it, none above its amount if the whole is
    not. Rounding goes from one share to the next, never away.
    """
    sum_micros = sum(amounts)
    if not sum_micros:
        return tuple(amounts)
    edges = [divide_floor(edge * whole_micros, sum_micros) for edge in accumulate(amounts, initial=0)]
    return tuple(last - first for first, last in pairwise(edges))


def _exact_taxes(unit: int, taxes: Sequence[Tax]) -> int:
    """The taxes of a price that is divisible so often that none of them needs rounding."""
    return _sum(taxes_on(unit, taxes))


def _sum(amounts: TaxAmounts) -> int:
    return sum(micros for _, micros in amounts)
