"""Create, change or delete a routing plan, and say which carriers take its calls (JA-40)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from models import Account, RoutingPlan, RoutingPlanCarrier
from services.audit.audit import Act, Actor, note
from services.rates.table_users import told_users
from services.routing.deck_revision import touch_deck
from services.routing.plan_carrier_check import checked_carrier
from services.routing.plan_fields import CARRIER_FIELDS, PLAN_FIELDS
from services.routing.plan_users import plan_users
from services.store.fields import FieldsRefused, checked_values
from services.store.upsert import upsert
from services.store.version_check import NotThere, checked_version
from services.store.write_guarded import write_guarded


@dataclass(frozen=True, slots=True)
class SavedPlan:
    id: int
    version: int


def create_routing_plan(session: Session, values: Mapping[str, Any], actor: Actor, now: datetime) -> SavedPlan:
    """The name is needed; it begins without carriers, cheapest first, with loss guard."""
    checked = checked_values(PLAN_FIELDS, values, is_new=True)
    if not checked.get("name"):
        raise FieldsRefused({"name": "The name is needed."})
    made = insert(RoutingPlan).values(checked).returning(RoutingPlan.id)
    plan_id: int = write_guarded(session, made, _taken(checked["name"]))
    note(session, actor, Act("routing_plan.created", "routing_plan", str(plan_id), after=checked), now)
    touch_deck(session)
    return SavedPlan(plan_id, 1)


def update_routing_plan(
    session: Session, plan_id: int, version: int | None, changes: Mapping[str, Any], actor: Actor, now: datetime
) -> SavedPlan:
    """What is not named stays. `version` is the one on the operator's screen."""
    plan = checked_version(session, RoutingPlan, plan_id, version)
    checked = checked_values(PLAN_FIELDS, changes, is_new=False)
    changed = {name: value for name, value in checked.items() if value != getattr(plan, name)}
    if not changed:
        return SavedPlan(plan_id, plan.version)
    before = {name: getattr(plan, name) for name in changed}
    saved = update(RoutingPlan).where(RoutingPlan.id == plan_id).values(**changed, version=RoutingPlan.version + 1)
    new_version: int = write_guarded(
        session, saved.returning(RoutingPlan.version), _taken(changed.get("name", plan.name))
    )
    note(session, actor, Act("routing_plan.changed", "routing_plan", str(plan_id), before, changed), now)
    touch_deck(session)
    return SavedPlan(plan_id, new_version)


def delete_routing_plan(session: Session, plan_id: int, version: int | None, actor: Actor, now: datetime) -> None:
    """With its rules. Refused while anyone uses it: calls without a plan find no carrier."""
    plan = checked_version(session, RoutingPlan, plan_id, version)
    users = plan_users(session, plan_id)
    if users:
        raise FieldsRefused(
            {"": f"The routing plan {plan.name} is used by {told_users(users)}: give them another plan first."}
        )
    name = plan.name
    session.execute(delete(RoutingPlan).where(RoutingPlan.id == plan_id))
    note(session, actor, Act("routing_plan.deleted", "routing_plan", str(plan_id), {"name": name}), now)
    touch_deck(session)


def set_plan_carrier(
    session: Session,
    plan_id: int,
    version: int | None,
    endpoint: str,
    values: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> SavedPlan:
    """The carrier takes calls of the plan from now on, with this priority and weight; what is not named stays."""
    checked_version(session, RoutingPlan, plan_id, version)
    checked = checked_values(CARRIER_FIELDS, values, is_new=True)
    account_id = checked_carrier(session, plan_id, endpoint)
    before = _terms(session, plan_id, account_id)
    key = {"routing_plan_id": plan_id, "account_id": account_id}
    changes = checked or {"account_id": account_id}
    upsert(
        session, RoutingPlanCarrier, {**key, **checked}, changes, where=None, returning=[RoutingPlanCarrier.account_id]
    )
    after = {"carrier": endpoint, **(_terms(session, plan_id, account_id) or {})}
    act = Act("routing_plan.carrier_set", "routing_plan", str(plan_id), before, after)
    return counted_up(session, plan_id, act, actor, now)


def remove_plan_carrier(
    session: Session, plan_id: int, version: int | None, endpoint: str, actor: Actor, now: datetime
) -> SavedPlan:
    checked_version(session, RoutingPlan, plan_id, version)
    named = select(Account.id).where(Account.endpoint == endpoint).scalar_subquery()
    gone = delete(RoutingPlanCarrier).where(
        RoutingPlanCarrier.routing_plan_id == plan_id, RoutingPlanCarrier.account_id == named
    )
    if session.execute(gone.returning(RoutingPlanCarrier.account_id)).one_or_none() is None:
        raise NotThere(f"The plan has no carrier {endpoint}: see callingcard route show.")
    act = Act("routing_plan.carrier_removed", "routing_plan", str(plan_id), {"carrier": endpoint})
    return counted_up(session, plan_id, act, actor, now)


def counted_up(session: Session, plan_id: int, act: Act, actor: Actor, now: datetime) -> SavedPlan:
    """A change beside the plan's own columns is a new version of it, too."""
    saved = update(RoutingPlan).where(RoutingPlan.id == plan_id).values(version=RoutingPlan.version + 1)
    version = session.scalars(saved.returning(RoutingPlan.version)).one()
    note(session, actor, act, now)
    touch_deck(session)
    return SavedPlan(plan_id, version)


def _terms(session: Session, plan_id: int, account_id: int) -> dict[str, Any] | None:
    query = select(RoutingPlanCarrier.priority, RoutingPlanCarrier.weight).where(
        RoutingPlanCarrier.routing_plan_id == plan_id, RoutingPlanCarrier.account_id == account_id
    )
    found = session.execute(query).one_or_none()
    return None if found is None else {"priority": found.priority, "weight": found.weight}


def _taken(name: str) -> dict[str, str]:
    return {"uq_routing_plan_name": f"There is a routing plan {name} already: choose another name."}
