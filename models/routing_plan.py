"""Routing plans: which carriers may take the calls of a series, and in which order."""

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing.lcr import RoutingStrategy
from models.base import Base, Id, Name, reference, word


class RoutingPlan(Base):
    """At most `routes_max` carriers are tried for a call; one dearer than the cheapest by more than
    `price_cap_percent` is left out (empty = no cap).
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


class RoutingPlanCarrier(Base):
    """A carrier of a plan; a smaller `priority` is tried earlier where the strategy asks for priorities."""

    __tablename__ = "routing_plan_carrier"

    routing_plan_id: Mapped[int] = reference("routing_plan.id", ondelete="CASCADE", primary_key=True)
    account_id: Mapped[int] = reference("account.id", primary_key=True)
    priority: Mapped[int] = mapped_column(default=100)
