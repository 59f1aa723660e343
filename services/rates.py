"""Longest-prefix look-ups: the selling rate of a table and the buying rates of a routing plan's carriers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from billing.lcr import Candidate, RoutingStrategy
from billing.rating import Step, Tariff
from models import Account, Client, Rate, RateTable, RoutingPlan, RoutingPlanCarrier

TARIFF_NAMES = tuple(name for name in Tariff.__slots__ if name != "steps")
TARIFF_COLUMNS = (*(getattr(Rate, name) for name in TARIFF_NAMES), Rate.steps)


@dataclass(frozen=True, slots=True)
class Price:
    """The selling rate that holds for a number at a moment."""

    prefix: str
    destination_name: str
    is_blocked: bool
    ghost_minutes_percent: int | None
    tariff: Tariff


def prefixes_of(number: str) -> list[str]:
    """Every prefix of the number, longest first."""
    return [number[:length] for length in range(len(number), 0, -1)]


def find_price(session: Session, rate_table_id: int, number: str, now: datetime) -> Price | None:
    """The rate of the longest prefix; of several periods the one that began last."""
    row = session.execute(
        select(Rate.prefix, Rate.destination_name, Rate.is_blocked, Rate.ghost_minutes_percent, *TARIFF_COLUMNS)
        .where(Rate.rate_table_id == rate_table_id, Rate.prefix.in_(prefixes_of(number)), *_holds_at(now))
        .order_by(func.length(Rate.prefix).desc(), Rate.valid_from.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    columns: list[Any] = list(row)
    price: list[Any] = [*columns[:4], _tariff(columns[4:])]
    return Price(*price)


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """How a routing plan chooses among its carriers."""

    strategy: RoutingStrategy
    routes_max: int
    price_cap_percent: int | None


def buy_candidates(
    session: Session, routing_plan_id: int, currency: str, number: str, now: datetime
) -> tuple[PlanTerms | None, list[Candidate]]:
    """The plan's terms and each of its carriers that has a price for the number, with its own longest prefix;
    (None, []) if no carrier has one.
    """
    terms: PlanTerms | None = None
    best: dict[int, Candidate | None] = {}
    for *plan, carrier_id, endpoint, ring_seconds, priority, prefix, is_blocked in session.execute(
        _buy_query(routing_plan_id, currency, number, now)
    ):
        terms = terms or PlanTerms(*plan[:3])
        if carrier_id in best:
            continue
        # A blocked prefix of a carrier hides its shorter ones: it does not take these calls at all.
        best[carrier_id] = (
            None
            if is_blocked
            else Candidate(
                carrier_id=carrier_id,
                endpoint=endpoint,
                prefix=prefix,
                buy=_tariff(plan[3:]),
                priority=priority,
                ring_seconds=ring_seconds,
                number=number,
            )
        )
    return terms, [candidate for candidate in best.values() if candidate is not None]


def _buy_query(routing_plan_id: int, currency: str, number: str, now: datetime) -> Select[Any]:
    return (
        select(
            RoutingPlan.strategy,
            RoutingPlan.routes_max,
            RoutingPlan.price_cap_percent,
            *TARIFF_COLUMNS,
            Account.id,
            Account.endpoint,
            Account.ring_seconds,
            RoutingPlanCarrier.priority,
            Rate.prefix,
            Rate.is_blocked,
        )
        .join(RoutingPlanCarrier, RoutingPlanCarrier.routing_plan_id == RoutingPlan.id)
        .join(Account, Account.id == RoutingPlanCarrier.account_id)
        .join(Client, Client.id == Account.client_id)
        .join(RateTable, RateTable.id == Account.terminator_rate_table_id)
        .join(Rate, Rate.rate_table_id == RateTable.id)
        # Prices of two currencies cannot be compared, so a carrier with another one takes no part.
        .where(RoutingPlan.id == routing_plan_id, RateTable.currency == currency)
        .where(Account.terminator_enabled, Client.is_enabled)
        .where(Rate.prefix.in_(prefixes_of(number)), *_holds_at(now))
        .order_by(Account.id, func.length(Rate.prefix).desc(), Rate.valid_from.desc())
    )


def _holds_at(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Rate.valid_from <= now, or_(Rate.valid_until.is_(None), Rate.valid_until > now))


def _tariff(columns: list[Any]) -> Tariff:
    terms: list[Any] = [*columns[:-1], tuple(Step(**step) for step in columns[-1])]
    return Tariff(*terms)
