"""Least-cost routing: which carriers a call is offered to, in which order, and why others are passed over."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from billing.caller_id import PASSED, shown_caller_id
from billing.rating import CallPrice, Tariff, call_cost
from billing.routing_plan import CarrierFacts, PlanTerms, RoutingStrategy
from billing.share import drawn

NOMINAL_SECONDS: Final = 60  # carriers are compared by what a call of one minute costs us
_DIALABLE: Final = re.compile(r"[0-9]{3,20}")  # what the dialplan takes as a number


class SkipReason(StrEnum):
    BLOCKED = "blocked"  # by a rule of the plan, or by the carrier's own rate
    OTHER_TAG = "other_tag"  # a rule asks for carriers of another tag
    OTHER_CURRENCY = "other_currency"
    NO_RATE = "no_rate"
    NUMBER_NOT_DIALABLE = "number_not_dialable"  # after the carrier's own cutting and adding
    LOSS = "loss"
    FULL = "full"
    RESTED = "rested"
    ABOVE_PRICE_CAP = "above_price_cap"
    BEYOND_ROUTES_MAX = "beyond_routes_max"


class CarrierLoad(NamedTuple):
    """What a carrier carries now and how it fares. `is_kept` False: nothing is kept of it yet."""

    terminating: int = 0
    failures_in_row: int = 0
    rested_until: datetime | None = None
    pool_place: int = 0
    is_kept: bool = True


NO_LOAD: Final = CarrierLoad(is_kept=False)
Loads = Mapping[int, CarrierLoad]
NO_LOADS: Final[Loads] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One carrier with the longest of its prefixes that fits, and the number as it is dialled to that carrier."""

    carrier: CarrierFacts
    prefix: str
    buy: Tariff
    number: str

    @property
    def endpoint(self) -> str:
        return self.carrier.endpoint

    def buy_micros(self, talk_seconds: int) -> int:
        return call_cost(CallPrice(self.buy), talk_seconds).total_micros


@dataclass(frozen=True, slots=True)
class Route(Candidate):
    """A candidate that is offered the call. `shown`: the caller id, digits or a word (billing.caller_id); `is_probe`:
    it has rested, and one call tries it before the others come back.
    """

    shown: str = PASSED
    load: CarrierLoad = NO_LOAD
    is_probe: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """`candidate` None: it did not come to a price."""

    carrier: CarrierFacts
    reason: SkipReason
    candidate: Candidate | None = None


class RouteChoice(NamedTuple):
    routes: tuple[Route, ...]
    skipped: tuple[Skipped, ...]


class CallMoment(NamedTuple):
    """What differs from call to call: `draw` decides where a share or a pool leaves it to chance."""

    now: datetime | None = None
    draw: int = 0
    loads: Loads = NO_LOADS


ANY_MOMENT: Final = CallMoment()


def ordered_routes(
    candidates: Iterable[Candidate],
    sell: CallPrice,
    terms: PlanTerms,
    granted_seconds: int,
    moment: CallMoment = ANY_MOMENT,
) -> RouteChoice:
    """The carriers to try, in order, at most `routes_max`.

    Passed over are carriers on which the call loses money (see `_earned`), that are full, that rest (unless only such
    are left), and those whose minute costs more than that of the cheapest left + `price_cap_percent`. For an unlimited
    card give the price of its rate table, not the free one: against a price of zero every carrier loses.
    """
    skipped: list[Skipped] = []
    priced: list[Priced] = []
    rested: list[Priced] = []
    earned = _earned(sell, granted_seconds) if terms.loss_guard else {}
    for candidate in candidates:
        load = moment.loads.get(candidate.carrier.carrier_id, NO_LOAD)
        reason = _unfit(candidate, earned, load)
        if reason is not None:
            skipped.append(Skipped(candidate.carrier, reason, candidate))
        else:
            one = Priced(candidate.buy_micros(NOMINAL_SECONDS), candidate, load)
            (rested if _rests(load, moment.now) else priced).append(one)
    if priced:
        skipped += [_skip(one, SkipReason.RESTED) for one in rested]
    by_rule = sorted(priced or rested, key=ORDERS[terms.strategy])
    within, too_dear = _by_cap(by_rule, terms.price_cap_percent)
    if terms.strategy is RoutingStrategy.SHARE:
        within = _shared(within, moment.draw)
    skipped += [_skip(one, SkipReason.ABOVE_PRICE_CAP) for one in too_dear]
    skipped += [_skip(one, SkipReason.BEYOND_ROUTES_MAX) for one in within[terms.routes_max :]]
    return RouteChoice(tuple(_route(one, moment) for one in within[: terms.routes_max]), tuple(skipped))


class Priced(NamedTuple):
    nominal_micros: int
    candidate: Candidate
    load: CarrierLoad = NO_LOAD


# Ties go to the better priority or price, then to the endpoint's name, so that the order is always the same.
ORDERS: Final[dict[RoutingStrategy, Callable[[Priced], tuple[int, int, str]]]] = {
    RoutingStrategy.LEAST_COST: lambda it: (it.nominal_micros, it.candidate.carrier.priority, it.candidate.endpoint),
    RoutingStrategy.PRIORITY: lambda it: (it.candidate.carrier.priority, it.nominal_micros, it.candidate.endpoint),
    RoutingStrategy.SHARE: lambda it: (it.nominal_micros, it.candidate.carrier.priority, it.candidate.endpoint),
}


def _unfit(candidate: Candidate, earned: Mapping[int, int], load: CarrierLoad) -> SkipReason | None:
    capacity = candidate.carrier.capacity
    if _DIALABLE.fullmatch(candidate.number) is None:
        return SkipReason.NUMBER_NOT_DIALABLE
    if any(candidate.buy_micros(seconds) > micros for seconds, micros in earned.items()):
        return SkipReason.LOSS
    return SkipReason.FULL if capacity is not None and load.terminating >= capacity else None


def _rests(load: CarrierLoad, now: datetime | None) -> bool:
    return load.rested_until is not None and now is not None and load.rested_until > now


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


def _shared(ordered: Sequence[Priced], draw: int) -> list[Priced]:
    """The draw decides who is first; the others follow in their order, the cheapest first."""
    by_name = sorted(ordered, key=lambda one: one.candidate.endpoint)
    place = drawn([one.candidate.carrier.weight for one in by_name], draw)
    if place is None:
        return list(ordered)
    first = by_name[place]
    return [first, *(one for one in ordered if one is not first)]


def _by_cap(priced: Sequence[Priced], price_cap_percent: int | None) -> tuple[list[Priced], list[Priced]]:
    """Those within the cap over the cheapest, and those above it; both keep their order."""
    within: list[Priced] = []
    too_dear: list[Priced] = []
    cheapest_micros = min((one.nominal_micros for one in priced), default=0)
    for one in priced:
        is_within = price_cap_percent is None or one.nominal_micros * 100 <= cheapest_micros * (100 + price_cap_percent)
        (within if is_within else too_dear).append(one)
    return within, too_dear


def _skip(one: Priced, reason: SkipReason) -> Skipped:
    return Skipped(one.candidate.carrier, reason, one.candidate)


def _route(one: Priced, moment: CallMoment) -> Route:
    candidate, load = one.candidate, one.load
    carrier = candidate.carrier
    shown = shown_caller_id(carrier.caller_id_mode, carrier.shown_numbers, draw=moment.draw, place=load.pool_place)
    is_probe = load.rested_until is not None and not _rests(load, moment.now)
    return Route(carrier, candidate.prefix, candidate.buy, candidate.number, shown, load, is_probe)
