"""Routing plans: which carriers may take the calls of a series or of an account, and in which order."""

from sqlalchemy import CheckConstraint, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from billing.routing_plan import RoutingStrategy
from models.base import Base, Id, Name, reference, word


class RoutingPlan(Base):
    """At most `routes_max` carriers are tried for a call; one dearer than the cheapest by more than
    `price_cap_percent` is left out (empty = no cap); with `loss_guard` one on which the call would lose money, too.
    """

    __tablename__ = "routing_plan"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("routes_max BETWEEN 1 AND 3", "routes_in_range"),
        CheckConstraint("price_cap_percent IS NULL OR price_cap_percent BETWEEN 0 AND 1000", "cap_in_range"),
    )

    id: Mapped[Id]
    name: Mapped[Name]
    strategy: Mapped[RoutingStrategy] = mapped_column(word(RoutingStrategy), default=RoutingStrategy.LEAST_COST)
    routes_max: Mapped[int] = mapped_column(default=3)
    price_cap_percent: Mapped[int | None]
    loss_guard: Mapped[bool] = mapped_column(default=True, server_default=true())
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class RoutingPlanCarrier(Base):
    """A carrier of a plan; a smaller `priority` is tried earlier where the strategy asks for priorities; of calls that
    are shared out it gets its `weight` among the weights of all.
    """

    __tablename__ = "routing_plan_carrier"
    __table_args__ = (CheckConstraint("weight BETWEEN 0 AND 1000", "weight_in_range"),)

    routing_plan_id: Mapped[int] = reference("routing_plan.id", ondelete="CASCADE", primary_key=True)
    account_id: Mapped[int] = reference("account.id", primary_key=True)
    priority: Mapped[int] = mapped_column(default=100)
    weight: Mapped[int] = mapped_column(default=1, server_default="1")


class RoutingRule(Base):
    """What a plan does differently for the numbers of a prefix (the longest wins), or for calls of an originator's tag
    (JA-41; a rule with the tag wins over one without). What is empty here is as the plan says. With carriers of its
    own (`RoutingRuleCarrier`) only these are asked; with `carrier_tag` only those of the tag; blocked: none.
    """

    __tablename__ = "routing_rule"
    __table_args__ = (
        UniqueConstraint("routing_plan_id", "prefix", "originator_tag"),
        CheckConstraint("routes_max IS NULL OR routes_max BETWEEN 1 AND 3", "routes_in_range"),
        CheckConstraint("price_cap_percent IS NULL OR price_cap_percent BETWEEN 0 AND 1000", "cap_in_range"),
    )

    id: Mapped[Id]
    routing_plan_id: Mapped[int] = reference("routing_plan.id", ondelete="CASCADE")
    prefix: Mapped[str] = mapped_column(String(20))
    # "" is any: an empty tag in a unique key must equal itself, which NULL does not
    originator_tag: Mapped[str] = mapped_column(String(40), default="")
    strategy: Mapped[RoutingStrategy | None] = mapped_column(word(RoutingStrategy, "rule_strategy"))
    routes_max: Mapped[int | None]
    price_cap_percent: Mapped[int | None]
    carrier_tag: Mapped[str | None] = mapped_column(String(40))
    is_blocked: Mapped[bool] = mapped_column(default=False)


class RoutingRuleCarrier(Base):
    """A carrier that a rule asks in place of the plan's."""

    __tablename__ = "routing_rule_carrier"
    __table_args__ = (CheckConstraint("weight BETWEEN 0 AND 1000", "weight_in_range"),)

    routing_rule_id: Mapped[int] = reference("routing_rule.id", ondelete="CASCADE", primary_key=True)
    account_id: Mapped[int] = reference("account.id", primary_key=True)
    priority: Mapped[int] = mapped_column(default=100)
    weight: Mapped[int] = mapped_column(default=1)
