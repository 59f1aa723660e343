"""Create, change or remove a rule of a routing plan: what is different for a prefix, or for a tag of whoever calls."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from models import Account, RoutingPlan, RoutingRule, RoutingRuleCarrier
from services.audit.audit import Act, Actor
from services.routing.plan_carrier_check import checked_carrier
from services.routing.plan_fields import CARRIER_FIELDS, PREFIX_DIGITS_MAX, RULE_FIELDS
from services.routing.save_routing_plan import SavedPlan, counted_up
from services.store.fields import FieldsRefused, checked_values
from services.store.version_check import NotThere, checked_version

PREFIX = re.compile(rf"[0-9]{{0,{PREFIX_DIGITS_MAX}}}")
TAG_CHARACTERS_MAX = 40
CARRIERS_MAX = 50
NAMES = tuple(field.name for field in RULE_FIELDS)


@dataclass(frozen=True, slots=True)
class RuleKey:
    """For which calls: "" is every number, and anyone's."""

    prefix: str
    originator_tag: str = ""

    def __str__(self) -> str:
        told = f"for {self.prefix}" if self.prefix else "for every number"
        return f"{told} of {self.originator_tag}" if self.originator_tag else told


@dataclass(frozen=True, slots=True)
class RuleCarrierTerms:
    endpoint: str
    priority: int = 100
    weight: int = 1


def create_rule(
    session: Session,
    plan_id: int,
    key: RuleKey,
    values: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    *,
    version: int | None = None,
    carriers: Sequence[RuleCarrierTerms] = (),
) -> SavedPlan:
    """With carriers, only these are asked for its calls. `version` is that of the plan on the operator's screen."""
    checked_version(session, RoutingPlan, plan_id, version)
    _check_key(key)
    if find_rule(session, plan_id, key) is not None:
        raise FieldsRefused({"prefix": f"The plan has a rule {key} already: change that one."})
    checked = checked_values(RULE_FIELDS, values, is_new=True)
    _check(checked.get("is_blocked", False), carriers, checked)
    row = {"routing_plan_id": plan_id, "prefix": key.prefix, "originator_tag": key.originator_tag, **checked}
    rule_id = session.scalars(insert(RoutingRule).values(row).returning(RoutingRule.id)).one()
    _store(session, plan_id, rule_id, carriers)
    after = {"rule": str(key), **_standing(session, rule_id)}
    return counted_up(
        session, plan_id, Act("routing_rule.created", "routing_plan", str(plan_id), None, after), actor, now
    )


def update_rule(
    session: Session,
    plan_id: int,
    key: RuleKey,
    changes: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    *,
    version: int | None = None,
    carriers: Sequence[RuleCarrierTerms] | None = None,
) -> SavedPlan:
    """What is not named stays; carriers, if given, are all of its own (none: the plan's are asked again)."""
    checked_version(session, RoutingPlan, plan_id, version)
    rule_id = _existing(session, plan_id, key)
    before = _standing(session, rule_id)
    checked = checked_values(RULE_FIELDS, changes, is_new=False)
    told = [RuleCarrierTerms(**one) for one in before["carriers"]] if carriers is None else carriers
    whole = {**{name: before[name] for name in NAMES}, **checked}
    _check(whole["is_blocked"], told, whole)
    if checked:
        session.execute(update(RoutingRule).where(RoutingRule.id == rule_id).values(checked))
    if carriers is not None:
        session.execute(delete(RoutingRuleCarrier).where(RoutingRuleCarrier.routing_rule_id == rule_id))
        _store(session, plan_id, rule_id, carriers)
    after = _standing(session, rule_id)
    act = Act("routing_rule.changed", "routing_plan", str(plan_id), {"rule": str(key), **before}, after)
    return counted_up(session, plan_id, act, actor, now)


def remove_rule(session: Session, plan_id: int, key: RuleKey, actor: Actor, now: datetime) -> SavedPlan:
    """Its calls are routed as the plan says."""
    checked_version(session, RoutingPlan, plan_id, None)
    rule_id = _existing(session, plan_id, key)
    before = {"rule": str(key), **_standing(session, rule_id)}
    session.execute(delete(RoutingRule).where(RoutingRule.id == rule_id))
    return counted_up(session, plan_id, Act("routing_rule.removed", "routing_plan", str(plan_id), before), actor, now)


def find_rule(session: Session, plan_id: int, key: RuleKey) -> int | None:
    query = select(RoutingRule.id).where(
        RoutingRule.routing_plan_id == plan_id,
        RoutingRule.prefix == key.prefix,
        RoutingRule.originator_tag == key.originator_tag,
    )
    return session.scalars(query).one_or_none()


def _existing(session: Session, plan_id: int, key: RuleKey) -> int:
    rule_id = find_rule(session, plan_id, key)
    if rule_id is None:
        raise NotThere(f"The plan has no rule {key}: see callingcard route show.")
    return rule_id


def _check_key(key: RuleKey) -> None:
    problems = {}
    if not PREFIX.fullmatch(key.prefix):
        problems["prefix"] = f"{key.prefix!r} is no prefix: give up to {PREFIX_DIGITS_MAX} digits, or none for all."
    if len(key.originator_tag) > TAG_CHARACTERS_MAX:
        problems["originator_tag"] = f"The tag is too long: give at most {TAG_CHARACTERS_MAX} characters."
    if problems:
        raise FieldsRefused(problems)


def _check(is_blocked: object, carriers: Sequence[RuleCarrierTerms], rule: Mapping[str, Any]) -> None:
    endpoints = [one.endpoint for one in carriers]
    if is_blocked and (carriers or rule.get("carrier_tag")):
        raise FieldsRefused({"is_blocked": "A blocked rule asks no carrier: leave its carriers and their tag empty."})
    if len(set(endpoints)) < len(endpoints):
        raise FieldsRefused({"carrier": "A carrier stands there twice: name each once."})
    if len(endpoints) > CARRIERS_MAX:
        raise FieldsRefused({"carrier": f"There are {len(endpoints)} carriers: give at most {CARRIERS_MAX}."})


def _store(session: Session, plan_id: int, rule_id: int, carriers: Sequence[RuleCarrierTerms]) -> None:
    for one in carriers:
        terms = checked_values(CARRIER_FIELDS, {"priority": one.priority, "weight": one.weight}, is_new=True)
        account_id = checked_carrier(session, plan_id, one.endpoint)
        session.execute(insert(RoutingRuleCarrier).values(routing_rule_id=rule_id, account_id=account_id, **terms))


def _standing(session: Session, rule_id: int) -> dict[str, Any]:
    row = session.execute(
        select(*(getattr(RoutingRule, name) for name in NAMES)).where(RoutingRule.id == rule_id)
    ).one()
    return {**dict(zip(NAMES, row, strict=True)), "carriers": rule_carriers(session, rule_id)}


def rule_carriers(session: Session, rule_id: int) -> list[dict[str, Any]]:
    query = (
        select(Account.endpoint, RoutingRuleCarrier.priority, RoutingRuleCarrier.weight)
        .join(Account, Account.id == RoutingRuleCarrier.account_id)
        .where(RoutingRuleCarrier.routing_rule_id == rule_id)
    )
    rows = session.execute(query.order_by(RoutingRuleCarrier.priority, Account.endpoint))
    return [{"endpoint": endpoint, "priority": priority, "weight": weight} for endpoint, priority, weight in rows]
