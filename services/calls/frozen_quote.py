"""The quote as it is frozen on a hold: all that settling needs, so that no later change of a rate or a card
touches the call.
"""

from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Self

from billing.caller_id import PASSED
from billing.lcr import Route, SkipReason
from billing.rating import CallPrice, Tariff, call_price_as_json, call_price_from_json
from billing.snapshot import tariff_as_json, tariff_from_json
from billing.states import CardType


@dataclass(frozen=True, slots=True)
class FrozenRoute:
    """One carrier of the call, with its buying price. `capacity` None: its lines are not counted; `has_failed`: an
    answer must clear its failures.
    """

    carrier_id: int
    endpoint: str
    number: str
    ring_seconds: int
    buy_prefix: str
    buy: Tariff
    shown: str = PASSED
    capacity: int | None = None
    has_failed: bool = False

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**{**_known(cls, data), "buy": tariff_from_json(data["buy"])})

    @classmethod
    def of(cls, route: Route) -> Self:
        carrier = route.carrier
        return cls(
            carrier.carrier_id,
            carrier.endpoint,
            route.number,
            carrier.ring_seconds,
            route.prefix,
            route.buy,
            route.shown,
            carrier.capacity,
            route.load.failures_in_row > 0,
        )


class PassedOver(NamedTuple):
    """A carrier that was not dialled at this moment, and why."""

    route: str
    reason: SkipReason


@dataclass(frozen=True, slots=True)
class FrozenQuote:
    """`house` gives the wallets on the other side of the charge; `heard` the trace of the conversation before the
    call.
    """

    destination: str
    destination_name: str
    rate_prefix: str
    currency: str
    price: CallPrice
    activates: bool
    card_type: CardType | None  # None: no card pays
    empty_below_micros: int
    routes: tuple[FrozenRoute, ...]
    limit_seconds: int
    announced_seconds: int
    warning_seconds: tuple[int, ...]
    channel_id: str
    access_number: str
    caller_id: str | None
    house: dict[str, int]
    heard: tuple[dict[str, Any], ...]
    disposable_until_empty: bool = False
    is_pinless: bool = False
    is_test: bool = False
    passed_over: tuple[PassedOver, ...] = ()

    def as_json(self) -> dict[str, Any]:
        data = {field.name: getattr(self, field.name) for field in fields(self)}
        routes = [
            {**{name: getattr(route, name) for name in FrozenRoute.__slots__}, "buy": tariff_as_json(route.buy)}
            for route in self.routes
        ]
        lists = {"warning_seconds": list(self.warning_seconds), "heard": list(self.heard)}
        left_out = {"passed_over": [passed_over_as_json(one) for one in self.passed_over]}
        return {**data, **lists, **left_out, "price": call_price_as_json(self.price), "routes": routes}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        routes = tuple(FrozenRoute.from_json(route) for route in data["routes"])
        passed_over = (PassedOver(one["route"], SkipReason(one["reason"])) for one in data.get("passed_over", ()))
        lists = {
            "warning_seconds": tuple(data["warning_seconds"]),
            "heard": tuple(data["heard"]),
            "passed_over": tuple(passed_over),
        }
        card_type = data["card_type"]
        words = {
            "card_type": None if card_type is None else CardType(card_type),
            "price": call_price_from_json(data["price"]),
        }
        return cls(**{**_known(cls, data), **lists, **words, "routes": routes})


def passed_over_as_json(one: PassedOver) -> dict[str, str]:
    return {"route": one.route, "reason": one.reason.value}


def _known(kind: type[FrozenQuote | FrozenRoute], data: dict[str, Any]) -> dict[str, Any]:
    """A hold of another release is settled too: what this release does not know is left out, and a field that is
    added needs a default.
    """
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in data.items() if name in names}
