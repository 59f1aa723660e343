"""What a routing plan says, apart from all rates: small enough to be kept in memory, and the same for every call."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, Subquery, bindparam, exists, func, select
from sqlalchemy.orm import Session

from billing.caller_id import CallerIdMode
from billing.routing_plan import CarrierFacts, PlanFacts, PlanRule, PlanTerms
from models import (
    Account,
    AccountNumber,
    Client,
    NumberUse,
    RateTable,
    RoutingPlan,
    RoutingPlanCarrier,
    RoutingRule,
    RoutingRuleCarrier,
)
from services.store.run import run

WITH_NUMBERS = frozenset({CallerIdMode.FIXED, CallerIdMode.POOL_RANDOM, CallerIdMode.POOL_POLLED})


def _carriers_of(link: type[RoutingPlanCarrier | RoutingRuleCarrier], owner_id: Any) -> Subquery:  # noqa: ANN401 (a column)
    """The carriers that a plan or a rule names, in the order of `CarrierFacts`; none that takes no calls."""
    return (
        select(
            owner_id.label("owner_id"),
            Account.id.label("carrier_id"),
            Account.endpoint,
            Account.ring_seconds,
            link.priority,
            RateTable.id.label("rate_table_id"),
            RateTable.currency,
            link.weight,
            Account.terminator_tag,
            Account.terminator_capacity,
            Account.cut_prefix,
            Account.add_prefix,
            Account.terminator_tech_prefix,
            Account.caller_id_mode,
            Account.rest_seconds,
        )
        .select_from(link)
        .join(Account, Account.id == link.account_id)
        .join(Client, Client.id == Account.client_id)
        .join(
            RateTable, RateTable.id == func.coalesce(Account.terminator_rate_table_id, Client.terminator_rate_table_id)
        )
        .where(Account.terminator_enabled, Client.is_enabled)
        .where(Account.deleted_at.is_(None), Client.deleted_at.is_(None))
        .subquery()
    )


_OF_PLAN = _carriers_of(RoutingPlanCarrier, RoutingPlanCarrier.routing_plan_id)
_OF_RULE = _carriers_of(RoutingRuleCarrier, RoutingRuleCarrier.routing_rule_id)
PLANS: Select[*tuple[Any, ...]] = (
    select(
        RoutingPlan.id,
        RoutingPlan.strategy,
        RoutingPlan.routes_max,
        RoutingPlan.price_cap_percent,
        RoutingPlan.loss_guard,
        exists().where(RoutingRule.routing_plan_id == RoutingPlan.id).label("has_rules"),
        _OF_PLAN,
    )
    .join(_OF_PLAN, _OF_PLAN.c.owner_id == RoutingPlan.id, isouter=True)
    .order_by(RoutingPlan.id, _OF_PLAN.c.carrier_id)
)
RULES: Select[*tuple[Any, ...]] = (
    select(
        RoutingRule.routing_plan_id,
        RoutingRule.id,
        RoutingRule.prefix,
        RoutingRule.originator_tag,
        RoutingRule.strategy,
        RoutingRule.routes_max,
        RoutingRule.price_cap_percent,
        RoutingRule.carrier_tag,
        RoutingRule.is_blocked,
        exists().where(RoutingRuleCarrier.routing_rule_id == RoutingRule.id).label("has_carriers"),
        _OF_RULE,
    )
    .join(_OF_RULE, _OF_RULE.c.owner_id == RoutingRule.id, isouter=True)
    .order_by(RoutingRule.id, _OF_RULE.c.carrier_id)
)
ONE_PLAN = PLANS.where(RoutingPlan.id == bindparam("plan"))
RULES_OF_ONE = RULES.where(RoutingRule.routing_plan_id == bindparam("plan"))
NUMBERS = (
    select(AccountNumber.account_id, AccountNumber.number)
    .where(AccountNumber.use == NumberUse.SHOWN, AccountNumber.account_id.in_(bindparam("accounts", expanding=True)))
    .order_by(AccountNumber.account_id, AccountNumber.number)
)


class _Rows(NamedTuple):
    """What was read; the columns of a carrier stand behind those of its owner."""

    plans: Sequence[Row[*tuple[Any, ...]]]
    rules: Sequence[Row[*tuple[Any, ...]]]


def find_plan(session: Session, plan_id: int) -> PlanFacts | None:
    """None: there is no such plan. A plan without rules and caller ids of its own is read by one statement."""
    plans = run(session, ONE_PLAN, {"plan": plan_id}).all()
    has_rules = any(row.has_rules for row in plans)
    rules = run(session, RULES_OF_ONE, {"plan": plan_id}).all() if has_rules else []
    return _plans(session, _Rows(plans, rules)).get(plan_id)


def all_plans(session: Session) -> dict[int, PlanFacts]:
    """By their ids; for a deck in memory."""
    return _plans(session, _Rows(run(session, PLANS).all(), run(session, RULES).all()))


def _plans(session: Session, rows: _Rows) -> dict[int, PlanFacts]:
    numbers = _numbers(session, {row.carrier_id for row in (*rows.plans, *rows.rules) if _shows_its_own(row)})
    rules = _rules(rows.rules, numbers)
    carriers: defaultdict[int, list[CarrierFacts]] = defaultdict(list)
    terms: dict[int, PlanTerms] = {}
    for row in rows.plans:
        terms[row.id] = PlanTerms(row.strategy, row.routes_max, row.price_cap_percent, row.loss_guard)
        if row.carrier_id is not None:
            carriers[row.id].append(_carrier(row, numbers))
    return {
        plan_id: PlanFacts(terms[plan_id], tuple(carriers[plan_id]), tuple(rules.get(plan_id, ()))) for plan_id in terms
    }


def _rules(rows: Sequence[Row[*tuple[Any, ...]]], numbers: dict[int, tuple[str, ...]]) -> dict[int, list[PlanRule]]:
    """By plan."""
    carriers: defaultdict[int, list[CarrierFacts]] = defaultdict(list)
    for row in rows:
        if row.carrier_id is not None:
            carriers[row.id].append(_carrier(row, numbers))
    rules: defaultdict[int, list[PlanRule]] = defaultdict(list)
    for row in {row.id: row for row in rows}.values():
        complete: list[Any] = [*row[2:9], tuple(carriers[row.id]) if row.has_carriers else None]
        rules[row.routing_plan_id].append(PlanRule(*complete))
    return dict(rules)


def _carrier(row: Row[*tuple[Any, ...]], numbers: dict[int, tuple[str, ...]]) -> CarrierFacts:
    start = row._fields.index("carrier_id")
    complete: list[Any] = [*row[start:-1], numbers.get(row.carrier_id, ()), row.rest_seconds]
    return CarrierFacts(*complete)


def _shows_its_own(row: Row[*tuple[Any, ...]]) -> bool:
    return row.carrier_id is not None and row.caller_id_mode in WITH_NUMBERS


def _numbers(session: Session, account_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """The numbers that each of these carriers may be shown."""
    if not account_ids:
        return {}
    numbers: defaultdict[int, list[str]] = defaultdict(list)
    for account_id, number in run(session, NUMBERS, {"accounts": sorted(account_ids)}):
        numbers[account_id].append(number)
    return {account_id: tuple(own) for account_id, own in numbers.items()}
