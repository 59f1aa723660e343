"""What a client or account chooses must be there, and calculate in the client's currency."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from models import RoutingPlan, TaxProfile
from services.rates.table_users import rate_table_problem

TABLES = ("originator_rate_table_id", "terminator_rate_table_id")


def choice_problems(session: Session, values: Mapping[str, Any], currency: str) -> dict[str, str]:
    """A sentence for each field; `values` holds the ids chosen, None where there is none."""
    problems: dict[str, str] = {}
    for name in TABLES:
        chosen = values.get(name)
        problem = rate_table_problem(session, chosen, currency, "the client's wallet") if chosen is not None else None
        problems |= {name: problem} if problem else {}
    for name, table, told in (
        ("originator_routing_plan_id", RoutingPlan, "routing plan"),
        ("tax_profile_id", TaxProfile, "tax profile"),
    ):
        chosen = values.get(name)
        if chosen is not None and session.get(table, chosen) is None:
            problems[name] = f"There is no such {told}: choose one that exists."
    return problems
