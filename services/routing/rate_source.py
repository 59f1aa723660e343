"""Where a call's rates come from: the database by a statement, or a deck in memory; both must say the same."""

from collections.abc import Collection, Mapping
from datetime import datetime, tzinfo
from typing import Protocol

from sqlalchemy.orm import Session

from billing.held_rate import HeldRate
from billing.routing_plan import PlanFacts


class RateSource(Protocol):
    """The session is for what is not in memory."""

    def find_plan(self, session: Session, plan_id: int) -> PlanFacts | None:
        """What the plan says now."""

    def rates_that_hold(
        self, session: Session, table_ids: Collection[int], number: str, now: datetime, zone: tzinfo
    ) -> Mapping[int, HeldRate]:
        """By rate table: its rate of the longest prefix that holds; tables without one are left out."""
