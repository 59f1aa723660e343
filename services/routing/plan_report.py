"""Routing plans in plain words, for the command line and for pages."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Account, AccountLoad, RoutingPlan, RoutingPlanCarrier, RoutingRule
from services.routing.plan_fields import PLAN_FIELDS
from services.routing.plan_users import plan_currency, plan_users
from services.routing.save_routing_rule import NAMES, rule_carriers


def routing_plans(session: Session) -> list[dict[str, Any]]:
    """By name, each with how many carriers and rules it has."""
    carriers = _counted(RoutingPlanCarrier.routing_plan_id)
    rules = _counted(RoutingRule.routing_plan_id)
    query = select(RoutingPlan, func.coalesce(carriers.c.rows, 0), func.coalesce(rules.c.rows, 0))
    query = query.outerjoin(carriers, carriers.c.plan_id == RoutingPlan.id)
    query = query.outerjoin(rules, rules.c.plan_id == RoutingPlan.id).order_by(RoutingPlan.name)
    return [{**_plan(plan), "carriers": there, "rules": made} for plan, there, made in session.execute(query)]


def find_plan_report(session: Session, name: str) -> dict[str, Any] | None:
    """The plan with its carriers (what they carry now, how they fare), its rules, and who uses it."""
    plan = session.scalars(select(RoutingPlan).where(RoutingPlan.name == name)).one_or_none()
    if plan is None:
        return None
    return {
        **_plan(plan),
        "currency": plan_currency(session, plan.id),
        "carriers": _carriers(session, plan.id),
        "rules": _rules(session, plan.id),
        "users": [user.what for user in plan_users(session, plan.id)],
    }


def _carriers(session: Session, plan_id: int) -> list[dict[str, Any]]:
    query = (
        select(
            Account.endpoint,
            RoutingPlanCarrier.priority,
            RoutingPlanCarrier.weight,
            Account.terminator_enabled.label("is_enabled"),
            Account.terminator_tag.label("tag"),
            Account.terminator_capacity.label("capacity"),
            func.coalesce(AccountLoad.terminating, 0).label("calls"),
            func.coalesce(AccountLoad.failures_in_row, 0).label("failures_in_row"),
            AccountLoad.rested_until,
        )
        .join(Account, Account.id == RoutingPlanCarrier.account_id)
        .join(AccountLoad, AccountLoad.account_id == Account.id, isouter=True)
        .where(RoutingPlanCarrier.routing_plan_id == plan_id)
    )
    rows = session.execute(query.order_by(RoutingPlanCarrier.priority, Account.endpoint))
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 (SQLAlchemy's public name for it)


def _rules(session: Session, plan_id: int) -> list[dict[str, Any]]:
    """By tag and prefix."""
    query = select(RoutingRule).where(RoutingRule.routing_plan_id == plan_id)
    rules = session.scalars(query.order_by(RoutingRule.originator_tag, RoutingRule.prefix)).all()
    return [
        {"prefix": rule.prefix, "originator_tag": rule.originator_tag}
        | {name: getattr(rule, name) for name in NAMES}
        | {"carriers": rule_carriers(session, rule.id)}
        for rule in rules
    ]


def _counted(plan_id: Any) -> Any:  # noqa: ANN401 (a column, a subquery)
    return select(plan_id.label("plan_id"), func.count().label("rows")).group_by(plan_id).subquery()


def _plan(plan: RoutingPlan) -> dict[str, Any]:
    names = ("id", *(field.name for field in PLAN_FIELDS), "version")
    return {name: getattr(plan, name) for name in names}
