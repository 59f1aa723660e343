"""What a routing plan says, apart from all rates: small enough to be kept in memory, and the same for every call."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from billing.lcr import RoutingStrategy
from models import Account, Client, RateTable, RoutingPlan, RoutingPlanCarrier
from services.store.run import run


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """How a routing plan chooses among its carriers."""

    strategy: RoutingStrategy
    routes_max: int
    price_cap_percent: int | None


@dataclass(frozen=True, slots=True)
class CarrierFacts:
    """One carrier of a plan, with the table that holds its prices."""

    carrier_id: int
    endpoint: str
    ring_seconds: int
    priority: int
    rate_table_id: int
    currency: str


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """Carriers that are switched off, or have no rate table, are left out."""

    terms: PlanTerms
    carriers: tuple[CarrierFacts, ...]


PLANS: Select[*tuple[Any, ...]] = (
    select(
        RoutingPlan.id.label("plan_id"),
        RoutingPlan.strategy,
        RoutingPlan.routes_max,
        RoutingPlan.price_cap_percent,
        Account.id.label("carrier_id"),
        Account.endpoint,
        Account.ring_seconds,
        RoutingPlanCarrier.priority,
        RateTable.id.label("rate_table_id"),
        RateTable.currency,
    )
    .join(RoutingPlanCarrier, RoutingPlanCarrier.routing_plan_id == RoutingPlan.id)
    .join(Account, Account.id == RoutingPlanCarrier.account_id)
    .join(Client, Client.id == Account.client_id)
    .join(RateTable, RateTable.id == func.coalesce(Account.terminator_rate_table_id, Client.terminator_rate_table_id))
    .where(Account.terminator_enabled, Client.is_enabled)
    .order_by(RoutingPlan.id, Account.id)
)
ONE_PLAN = PLANS.where(RoutingPlan.id == bindparam("plan"))


def find_plan(session: Session, plan_id: int) -> PlanFacts | None:
    """None: there is no such plan, or none of its carriers takes calls."""
    return _plans(run(session, ONE_PLAN, {"plan": plan_id}).all()).get(plan_id)


def all_plans(session: Session) -> dict[int, PlanFacts]:
    """By their ids; for a deck in memory."""
    return _plans(run(session, PLANS).all())


def _plans(rows: Sequence[Row[*tuple[Any, ...]]]) -> dict[int, PlanFacts]:
    carriers: defaultdict[int, list[CarrierFacts]] = defaultdict(list)
    terms: dict[int, PlanTerms] = {}
    for row in rows:
        terms[row.plan_id] = PlanTerms(row.strategy, row.routes_max, row.price_cap_percent)
        carriers[row.plan_id].append(
            CarrierFacts(row.carrier_id, row.endpoint, row.ring_seconds, row.priority, row.rate_table_id, row.currency)
        )
    return {plan_id: PlanFacts(terms[plan_id], tuple(carriers[plan_id])) for plan_id in terms}
