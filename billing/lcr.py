"""Least-cost routing: which carriers a call is offered to, in which order, and why others are passed over."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from billing.rating import CallPrice, Tariff, call_cost
from billing.snapshot import JsonObject, call_price_as_json

NOMINAL_SECONDS: Final = 60  # carriers are compared by what a call of one minute costs us
ROUTES_MAX_DEFAULT: Final = 3
_DIALABLE: Final = re.compile(r"[0-9]{3,20}")  # what the dialplan takes as a number


class RoutingStrategy(StrEnum):
    LEAST_COST = "least_cost"
    PRIORITY = "priority"  # the lowest number first
    SHARE = "share"  # each carrier its weight of the calls


class SkipReason(StrEnum):
    NUMBER_NOT_DIALABLE = "number_not_dialable"  # after the carrier's own cutting and adding
    LOSS = "loss"
    ABOVE_PRICE_CAP = "above_price_cap"
    BEYOND_ROUTES_MAX = "beyond_routes_max"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One carrier with the longest of its prefixes that fits, and the number as it is dialled to that carrier."""

    carrier_id: int
    endpoint: str
    prefix: str
    buy: Tariff
    priority: int
    ring_seconds: int
    number: str

    def buy_micros(self, talk_seconds: int) -> int:
        return call_cost(CallPrice(self.buy), talk_seconds).total_micros


@dataclass(frozen=True, slots=True)
class Route(Candidate):
    """A candidate that is offered the call."""

    @property
    def buy_snapshot(self) -> JsonObject:
        """The buy price for the call record: margins are told by the route that answered (features.md 2f)."""
        return call_price_as_json(CallPrice(self.buy))


@dataclass(frozen=True, slots=True)
class Skipped:
    candidate: Candidate
    reason: SkipReason


class RouteChoice(NamedTuple):
    routes: tuple[Route, ...]
    skipped: tuple[Skipped, ...]


def ordered_routes(
    candidates: Iterable[Candidate],
    sell: CallPrice,
    strategy: RoutingStrategy,
    *,
    granted_seconds: int,
    routes_max: int = ROUTES_MAX_DEFAULT,
    price_cap_percent: int | None = None,
    loss_guard: bool = True,
) -> RouteChoice:
    """The carriers to try, in order, at most `routes_max`.

    Passed over are carriers on which the call loses money (see `_earned`) and those whose minute costs more than that
    of the cheapest left + `price_cap_percent`. For an unlimited card give the price of its rate table, not the free
    one: against a price of zero every carrier loses.
    """
    skipped: list[Skipped] = []
    priced: list[Priced] = []
    earned = _earned(sell, granted_seconds)
    for candidate in candidates:
        if _DIALABLE.fullmatch(candidate.number) is None:
            skipped.append(Skipped(candidate, SkipReason.NUMBER_NOT_DIALABLE))
        elif loss_guard and any(candidate.buy_micros(seconds) > micros for seconds, micros in earned.items()):
            skipped.append(Skipped(candidate, SkipReason.LOSS))
        else:
            priced.append(Priced(candidate.buy_micros(NOMINAL_SECONDS), candidate))
    priced.sort(key=ORDERS[strategy])
    within, too_dear = _by_cap(priced, price_cap_percent)
    skipped += [Skipped(candidate, SkipReason.ABOVE_PRICE_CAP) for candidate in too_dear]
    skipped += [Skipped(candidate, SkipReason.BEYOND_ROUTES_MAX) for candidate in within[routes_max:]]
    return RouteChoice(tuple(_route(candidate) for candidate in within[:routes_max]), tuple(skipped))


class Priced(NamedTuple):
    nominal_micros: int
    candidate: Candidate


# Ties go to the better priority or price, then to the endpoint's name, so that the order is always the same.
ORDERS: Final[dict[RoutingStrategy, Callable[[Priced], tuple[int, int, str]]]] = {
    RoutingStrategy.LEAST_COST: lambda it: (it.nominal_micros, it.candidate.priority, it.candidate.endpoint),
    RoutingStrategy.PRIORITY: lambda it: (it.candidate.priority, it.nominal_micros, it.candidate.endpoint),
    RoutingStrategy.SHARE: lambda it: (it.candidate.priority, it.nominal_micros, it.candidate.endpoint),
}


def _earned(sell: CallPrice, granted_seconds: int) -> dict[int, int]:
    """What the sale earns after a minute and at the end of the granted time: a carrier that costs more is a loss.

    That is the tariff alone: taxes are not ours, the activation fee comes once, and the access number's surcharge pays
    the access number. Not compared at one second: a first block of the carrier makes nearly every very short call a
    loss, and over all calls it evens out. A minute that the sale gives away (free seconds) is compared one second
    after them; a call that is granted less than a minute, at its end only.
    """
    minute_seconds = max(NOMINAL_SECONDS, sell.tariff.free_seconds + 1)
    moments = {min(minute_seconds, granted_seconds), granted_seconds}
    return {seconds: call_cost(sell, seconds).tariff_micros for seconds in moments}


def _by_cap(priced: Sequence[Priced], price_cap_percent: int | None) -> tuple[list[Candidate], list[Candidate]]:
    """Those within the cap over the cheapest, and those above it; both keep their order."""
    within: list[Candidate] = []
    too_dear: list[Candidate] = []
    cheapest_micros = min((nominal_micros for nominal_micros, _ in priced), default=0)
    for nominal_micros, candidate in priced:
        is_within = price_cap_percent is None or nominal_micros * 100 <= cheapest_micros * (100 + price_cap_percent)
        (within if is_within else too_dear).append(candidate)
    return within, too_dear


def _route(candidate: Candidate) -> Route:
    return Route(
        carrier_id=candidate.carrier_id,
        endpoint=candidate.endpoint,
        prefix=candidate.prefix,
        buy=candidate.buy,
        priority=candidate.priority,
        ring_seconds=candidate.ring_seconds,
        number=candidate.number,
    )
