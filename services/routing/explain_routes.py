"""Which carriers a call would be offered to, and why others not: by the functions that route real calls.

Nothing is written, no line is claimed: what a share or a pool leaves to chance is drawn once for the answer.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.lcr import NOMINAL_SECONDS, CallMoment, Candidate, RouteChoice, SkipReason, ordered_routes
from billing.rating import CallPrice, call_cost
from billing.routing_plan import CarrierFacts
from models import RateTable
from services.cards.card_facts import CardFacts
from services.rates.simulate_call import AskedCall, SimulatedCall, simulate_card_call, simulate_table_call
from services.routing.carrier_loads import moment_of
from services.routing.rates import SaleTerms, find_rates

BALANCE_OF_A_TABLE_MICROS = 10**12  # a table alone has no balance: the longest call is granted


@dataclass(frozen=True, slots=True)
class ExplainedRoute:
    """`place` None: passed over, for the reason. Amounts are those of a call of a minute, or of the granted seconds if
    they are fewer; without a price there are none.
    """

    place: int | None
    endpoint: str
    reason: SkipReason | None = None
    number: str | None = None
    shown: str | None = None
    ring_seconds: int | None = None
    prefix: str | None = None
    buy_micros: int | None = None
    sell_micros: int | None = None
    margin_micros: int | None = None
    lines: str | None = None


@dataclass(frozen=True, slots=True)
class ExplainedCall:
    """`call` holds price, limit and what the caller would hear if he is refused before any carrier is asked."""

    call: SimulatedCall
    compared_seconds: int
    routes: tuple[ExplainedRoute, ...]

    def as_object(self) -> dict[str, Any]:
        names = ("number", "rate_table", "currency", "limit_seconds", "announced_seconds")
        return {
            **{name: getattr(self.call, name) for name in names},
            "refusal": self.call.refusal.value if self.call.refusal else None,
            "compared_seconds": self.compared_seconds,
            "routes": [{name: getattr(route, name) for name in ExplainedRoute.__slots__} for route in self.routes],
        }


def explain_card_routes(session: Session, asked: AskedCall, card: CardFacts, draw: int = 0) -> ExplainedCall:
    """As the next call of the card."""
    return explain_routes(simulate_card_call(session, asked, card, draw=draw))


def explain_routes(call: SimulatedCall, seconds: int | None = None) -> ExplainedCall:
    """The carriers of a simulated call, with the amounts of a call of so many seconds (None: of a minute)."""
    if call.choice is None or call.moment is None:
        return ExplainedCall(call, 0, ())
    return _explained(call, call.choice, call.moment, seconds)


def explain_table_routes(
    session: Session, asked: AskedCall, rate_table_id: int, routing_plan_id: int, tag: str = "", draw: int = 0
) -> ExplainedCall:
    """As a call that is sold by the table and routed by the plan, for an originator of the tag."""
    call = simulate_table_call(session, asked, rate_table_id, BALANCE_OF_A_TABLE_MICROS)
    currency = session.scalars(select(RateTable.currency).where(RateTable.id == rate_table_id)).one()
    sale = SaleTerms(rate_table_id, routing_plan_id, currency, tag)
    rates = find_rates(session, sale, call.number, asked.at, asked.zone)
    if call.price is None or rates.plan is None:
        return ExplainedCall(call, 0, ())
    moment = moment_of(session, rates.candidates, asked.at, draw)
    choice = ordered_routes(rates.candidates, call.price, rates.plan, _granted(call), moment)
    return _explained(call, RouteChoice(choice.routes, (*rates.skipped, *choice.skipped)), moment)


def _granted(call: SimulatedCall) -> int:
    """Where the money pays no second, the routes of a minute are shown."""
    return call.limit_seconds or NOMINAL_SECONDS


def _explained(
    call: SimulatedCall, choice: RouteChoice, moment: CallMoment, seconds: int | None = None
) -> ExplainedCall:
    assert call.price is not None  # noqa: S101 (asked by all callers)
    seconds = min(NOMINAL_SECONDS, _granted(call)) if seconds is None else seconds
    routes = [
        replace(_priced(route, call.price, seconds), place=place, shown=route.shown)
        for place, route in enumerate(choice.routes, 1)
    ]
    for skipped in choice.skipped:
        shown = None if skipped.candidate is None else _priced(skipped.candidate, call.price, seconds)
        routes.append(replace(shown or ExplainedRoute(None, skipped.carrier.endpoint), reason=skipped.reason))
    carriers = [*(route.carrier for route in choice.routes), *(skipped.carrier for skipped in choice.skipped)]
    told = [
        replace(route, lines=_lines(carrier, moment), ring_seconds=carrier.ring_seconds)
        for route, carrier in zip(routes, carriers, strict=True)
    ]
    return ExplainedCall(call, seconds, tuple(told))


def _priced(candidate: Candidate, sell: CallPrice, seconds: int) -> ExplainedRoute:
    """The tariff alone earns: taxes, surcharge and activation fee pay something else (the loss guard's own view)."""
    sell_micros, buy_micros = call_cost(sell, seconds).tariff_micros, candidate.buy_micros(seconds)
    return ExplainedRoute(
        place=None,
        endpoint=candidate.endpoint,
        number=candidate.number,
        prefix=candidate.prefix,
        buy_micros=buy_micros,
        sell_micros=sell_micros,
        margin_micros=sell_micros - buy_micros,
    )


def _lines(carrier: CarrierFacts, moment: CallMoment) -> str | None:
    if carrier.capacity is None:
        return None
    load = moment.loads.get(carrier.carrier_id)
    return f"{load.terminating if load else 0} of {carrier.capacity}"
