"""Routing plans are checked as a whole, told in the audit log, and refused in sentences (JA-40, JA-41)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, LITHUANIA, NOW, RATES, World, a_carrier, a_rate_table, a_world, row
from sqlalchemy import select

from billing.refusals import Refusal
from billing.routing_plan import RoutingStrategy
from models import Account, AuditEntry, RoutingPlan, RoutingPlanCarrier
from services.audit.audit import Actor, Door
from services.routing.deck_revision import deck_revision
from services.routing.plan_report import find_plan_report, routing_plans
from services.routing.save_routing_plan import (
    create_routing_plan,
    delete_routing_plan,
    remove_plan_carrier,
    set_plan_carrier,
    update_routing_plan,
)
from services.routing.save_routing_rule import RuleCarrierTerms, RuleKey, create_rule, remove_rule, update_rule
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile, NotThere

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

ME = Actor("anna", Door.CLI)


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session)


@pytest.fixture
def plan_id(session: Session) -> int:
    return create_routing_plan(session, {"name": "Mobile"}, ME, NOW).id


def in_use(world: World) -> int:
    """The plan by which the cards of the world call."""
    return world.session.scalars(select(RoutingPlan.id).where(RoutingPlan.name == "Cheapest first")).one()


def refused(act: Callable[[], object]) -> str:
    with pytest.raises((FieldsRefused, ChangedMeanwhile, NotThere)) as caught:
        act()
    return str(caught.value)


def rule(
    world: World, prefix: str, tag: str = "", *, carriers: Sequence[RuleCarrierTerms] = (), **values: object
) -> None:
    create_rule(world.session, in_use(world), RuleKey(prefix, tag), values, ME, NOW, carriers=carriers)


def routes(world: World, number: str = BRITAIN) -> list[str] | Refusal:
    quote = world.quote(number)
    return quote if isinstance(quote, Refusal) else [route.endpoint for route in quote.routes]


def test_a_plan_is_made_changed_and_told(session: Session) -> None:
    before = deck_revision(session)
    made = create_routing_plan(session, {"name": "Mobile", "strategy": "share", "routes_max": 2}, ME, NOW)
    saved = update_routing_plan(session, made.id, 1, {"price_cap_percent": 30, "loss_guard": False}, ME, NOW)
    assert (made.version, saved.version, deck_revision(session)) == (1, 2, before + 2)
    (plan,) = routing_plans(session)
    assert plan["strategy"] is RoutingStrategy.SHARE
    assert (plan["routes_max"], plan["price_cap_percent"], plan["loss_guard"]) == (2, 30, False)
    acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.number)).all()
    assert acts == ["routing_plan.created", "routing_plan.changed"]
    assert update_routing_plan(session, made.id, 2, {"routes_max": 2}, ME, NOW).version == 2  # nothing changed


def test_two_plans_of_a_name_and_two_operators_at_once_are_refused(session: Session, plan_id: int) -> None:
    assert "There is a routing plan Mobile already" in refused(
        lambda: create_routing_plan(session, {"name": "Mobile"}, ME, NOW)
    )
    update_routing_plan(session, plan_id, 1, {"routes_max": 1}, ME, NOW)
    assert "Another operator saved it meanwhile" in refused(
        lambda: update_routing_plan(session, plan_id, 1, {"routes_max": 2}, ME, NOW)
    )
    assert "from 1 to 3" in refused(lambda: update_routing_plan(session, plan_id, 2, {"routes_max": 4}, ME, NOW))


def test_a_plan_in_use_is_not_deleted(world: World, plan_id: int) -> None:
    session = world.session
    told = refused(lambda: delete_routing_plan(session, in_use(world), None, ME, NOW))
    assert told == "The routing plan Cheapest first is used by the card group Group: give them another plan first."
    set_plan_carrier(session, plan_id, None, "test.cheap", {}, ME, NOW)
    create_rule(session, plan_id, RuleKey("44"), {}, ME, NOW, carriers=[RuleCarrierTerms("test.dear")])
    delete_routing_plan(session, plan_id, None, ME, NOW)
    assert [plan["name"] for plan in routing_plans(session)] == ["Cheapest first"]


def test_carriers_come_and_go_with_priority_and_weight(world: World, plan_id: int) -> None:
    session = world.session
    set_plan_carrier(session, plan_id, 1, "test.cheap", {"weight": 70}, ME, NOW)
    set_plan_carrier(session, plan_id, 2, "test.cheap", {"priority": 5}, ME, NOW)
    set_plan_carrier(session, plan_id, 3, "test.dear", {}, ME, NOW)
    stored = session.execute(
        select(RoutingPlanCarrier.priority, RoutingPlanCarrier.weight).where(
            RoutingPlanCarrier.routing_plan_id == plan_id
        )
    )
    assert sorted(tuple(one) for one in stored) == [(5, 70), (100, 1)]
    assert remove_plan_carrier(session, plan_id, 4, "test.dear", ME, NOW).version == 5
    assert "has no carrier test.dear" in refused(lambda: remove_plan_carrier(session, plan_id, 5, "test.dear", ME, NOW))
    report = find_plan_report(session, "Mobile")
    assert report is not None
    assert [carrier["endpoint"] for carrier in report["carriers"]] == ["test.cheap"]


def test_who_cannot_be_a_carrier_is_refused_with_the_reason(world: World, plan_id: int) -> None:
    session = world.session

    def add(endpoint: str) -> str:
        return refused(lambda: set_plan_carrier(session, plan_id, None, endpoint, {}, ME, NOW))

    assert add("nobody") == "There is no carrier nobody. There are: test.cheap, test.dear, test.second."
    other = row(session, RoutingPlan, name="Other")
    a_carrier(session, other, "test.euro", a_rate_table(session, "Euro", RATES, "EUR"))
    set_plan_carrier(session, plan_id, None, "test.cheap", {}, ME, NOW)
    assert "test.euro asks by the rate table Euro in EUR, the plan's calls are paid in USD" in add("test.euro")
    world.set(Account, world.carriers["test.dear"], terminator_enabled=False)
    assert "takes no calls: switch its terminator settings on" in add("test.dear")
    world.set(Account, world.carriers["test.second"], terminator_rate_table_id=None)
    assert "has no rate table" in add("test.second")


def test_rules_route_a_prefix_otherwise(world: World) -> None:
    assert routes(world) == ["test.cheap", "test.second", "test.dear"]
    rule(world, "44", routes_max=1)
    assert routes(world) == ["test.cheap"]
    assert routes(world, LITHUANIA) == ["test.cheap", "test.second", "test.dear"]
    rule(world, "4420", price_cap_percent=60)
    assert routes(world) == ["test.cheap", "test.second"]  # the longer prefix, and only what it says
    rule(world, "442071", is_blocked=True)
    assert routes(world) is Refusal.NO_ROUTE
    rule(
        world,
        "44207123",
        strategy="priority",
        carriers=[RuleCarrierTerms("test.dear", 1), RuleCarrierTerms("test.cheap", 2)],
    )
    assert routes(world) == ["test.dear", "test.cheap"]
    remove_rule(world.session, in_use(world), RuleKey("44207123"), ME, NOW)
    assert routes(world) is Refusal.NO_ROUTE


def test_a_rule_may_ask_for_carriers_of_a_tag_and_holds_for_originators_of_another(world: World) -> None:
    """JA-41, JA-45. A card has no tag."""
    world.set(Account, world.carriers["test.second"], terminator_tag="gold")
    rule(world, "44", carrier_tag="gold")
    assert routes(world) == ["test.second"]
    rule(world, "4420", "wholesale", is_blocked=True)
    assert routes(world) == ["test.second"]


def test_a_plan_may_allow_losses(world: World) -> None:
    """features.md 2f; part 4 no. 10: without it a carrier dearer than the sale is left out."""
    world.set(RoutingPlan, in_use(world), loss_guard=True)
    dear = a_carrier(world.session, in_use(world), "test.loss", world.rate_table_id)
    table = a_rate_table(world.session, "Loss", [{**rate, "price_per_minute_micros": 90_000} for rate in RATES])
    world.set(Account, dear, terminator_rate_table_id=table)
    world.set(RoutingPlan, in_use(world), strategy=RoutingStrategy.PRIORITY)
    set_plan_carrier(world.session, in_use(world), None, "test.loss", {"priority": 1}, ME, NOW)
    assert "test.loss" not in routes(world)
    update_routing_plan(world.session, in_use(world), None, {"loss_guard": False}, ME, NOW)
    assert routes(world)[0] == "test.loss"


def test_two_rules_alike_and_rules_that_contradict_themselves_are_refused(world: World) -> None:
    session, plan = world.session, in_use(world)
    rule(world, "44")
    assert "has a rule for 44 already" in refused(lambda: rule(world, "44"))
    assert "'44x' is no prefix" in refused(lambda: rule(world, "44x"))
    blocked = refused(lambda: rule(world, "1", is_blocked=True, carriers=[RuleCarrierTerms("test.dear")]))
    assert blocked.startswith("A blocked rule asks no carrier")
    twice = [RuleCarrierTerms("test.dear"), RuleCarrierTerms("test.dear", 2)]
    assert "stands there twice" in refused(lambda: rule(world, "1", carriers=twice))
    assert "There is no carrier nobody" in refused(lambda: rule(world, "7", carriers=[RuleCarrierTerms("nobody")]))
    assert "has no rule for 33" in refused(lambda: update_rule(session, plan, RuleKey("33"), {}, ME, NOW))


def test_a_rule_keeps_what_is_not_named(world: World) -> None:
    session, plan = world.session, in_use(world)
    rule(world, "44", routes_max=2, carriers=[RuleCarrierTerms("test.dear"), RuleCarrierTerms("test.second")])
    update_rule(session, plan, RuleKey("44"), {"strategy": "priority"}, ME, NOW)
    assert routes(world) == ["test.second", "test.dear"]
    update_rule(session, plan, RuleKey("44"), {"routes_max": None}, ME, NOW, carriers=[])
    assert routes(world) == ["test.cheap", "test.second", "test.dear"]
