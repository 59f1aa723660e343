"""A routing plan as calls are routed by it: its carriers, its terms, and what its rules change for some numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from billing.caller_id import CallerIdMode


class RoutingStrategy(StrEnum):
    LEAST_COST = "least_cost"
    PRIORITY = "priority"  # the lowest number first
    SHARE = "share"  # each carrier its weight of the calls


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """How a routing plan chooses among its carriers; without a loss guard it may lose money."""

    strategy: RoutingStrategy
    routes_max: int = 3
    price_cap_percent: int | None = None
    loss_guard: bool = True


@dataclass(frozen=True, slots=True)
class CarrierFacts:
    """One carrier of a plan, with the table that holds its prices. `capacity` None: no limit of calls."""

    carrier_id: int
    endpoint: str
    ring_seconds: int
    priority: int
    rate_table_id: int
    currency: str
    weight: int = 1
    tag: str = ""
    capacity: int | None = None
    cut_prefix: str = ""
    add_prefix: str = ""
    tech_prefix: str = ""
    caller_id_mode: CallerIdMode = CallerIdMode.PASSED
    shown_numbers: tuple[str, ...] = ()
    rest_seconds: int = 60

    def dialled(self, number: str) -> str:
        return dialled_number(number, self.tech_prefix, self.add_prefix, self.cut_prefix)


def dialled_number(number: str, tech_prefix: str, add_prefix: str, cut_prefix: str) -> str:
    """The number as a carrier wants it: cut if it begins so, then added to, the tech prefix before all."""
    return f"{tech_prefix}{add_prefix}{number.removeprefix(cut_prefix)}"


@dataclass(frozen=True, slots=True)
class PlanRule:
    """What a plan does differently for a prefix ("" = every number) or a tag of whoever calls ("" = anyone).

    None is "as the plan says". `carriers` None: the plan's; an empty tuple: all of its own are switched off.
    """

    prefix: str
    originator_tag: str = ""
    strategy: RoutingStrategy | None = None
    routes_max: int | None = None
    price_cap_percent: int | None = None
    carrier_tag: str | None = None
    is_blocked: bool = False
    carriers: tuple[CarrierFacts, ...] | None = None


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """Carriers that are switched off, or have no rate table, are left out."""

    terms: PlanTerms
    carriers: tuple[CarrierFacts, ...]
    rules: tuple[PlanRule, ...] = ()


def rule_for(rules: Sequence[PlanRule], number: str, originator_tag: str = "") -> PlanRule | None:
    """A rule of the caller's tag before one for anyone, then the longest prefix."""
    fitting = [rule for rule in rules if number.startswith(rule.prefix) and rule.originator_tag in {"", originator_tag}]
    return max(fitting, key=lambda rule: (rule.originator_tag != "", len(rule.prefix)), default=None)


def terms_under(plan: PlanFacts, rule: PlanRule | None) -> PlanTerms:
    if rule is None:
        return plan.terms
    cap = plan.terms.price_cap_percent if rule.price_cap_percent is None else rule.price_cap_percent
    return replace(
        plan.terms,
        strategy=rule.strategy or plan.terms.strategy,
        routes_max=rule.routes_max or plan.terms.routes_max,
        price_cap_percent=cap,
    )


def carriers_under(plan: PlanFacts, rule: PlanRule | None) -> tuple[CarrierFacts, ...]:
    """Those that the rule names, be they of the plan or not; else the plan's."""
    return plan.carriers if rule is None or rule.carriers is None else rule.carriers
