"""Card groups and IVR plans in plain words, for the command line and for pages."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from models import AccessNumber, CardGroup, CardSeries, IvrPlan, IvrPlanGroup, RoutingPlan
from services.products.card_group_fields import GROUP_FIELDS
from services.products.save_ivr_plan import LISTS, PLAN_FIELDS


def group_list(session: Session) -> list[dict[str, Any]]:
    """By name, with the number of series."""
    counted = (
        select(CardSeries.card_group_id, func.count().label("series")).group_by(CardSeries.card_group_id).subquery()
    )
    query = select(CardGroup, func.coalesce(counted.c.series, 0)).outerjoin(
        counted, counted.c.card_group_id == CardGroup.id
    )
    return [
        {
            "id": group.id,
            "name": group.name,
            "currency": group.currency,
            "card_type": group.card_type.value,
            "pin_entry_mode": group.pin_entry_mode.value,
            "number_length": group.number_length,
            "series": series,
        }
        for group, series in session.execute(query.order_by(CardGroup.name))
    ]


def group_rows() -> Select[*tuple[Any, ...]]:
    """For the list in the console: a row of columns for each group."""
    series = select(func.count()).where(CardSeries.card_group_id == CardGroup.id).scalar_subquery()
    return select(
        CardGroup.id,
        CardGroup.name,
        CardGroup.currency,
        CardGroup.card_type,
        CardGroup.pin_entry_mode,
        CardGroup.number_length,
        CardGroup.calls_max,
        CardGroup.pinless_allowed.label("pinless"),
        series.label("series"),
    )


def find_group_report(session: Session, name: str) -> dict[str, Any] | None:
    """Every setting by its field, with `id`, `version`, its series and the plans that accept it."""
    report = _find(session, CardGroup.name == name)
    if report is not None:
        del report["routing_plan_id"]  # it is named
    return report


def find_group(session: Session, group_id: int) -> dict[str, Any] | None:
    """The same by its id, with the id of its routing plan."""
    return _find(session, CardGroup.id == group_id)


def _find(session: Session, condition: ColumnElement[bool]) -> dict[str, Any] | None:
    group = session.scalars(select(CardGroup).where(condition)).one_or_none()
    if group is None:
        return None
    values = {field.name: getattr(group, field.name) for field in GROUP_FIELDS}
    plan_id = values.pop("routing_plan_id")
    routing = session.scalars(select(RoutingPlan.name).where(RoutingPlan.id == plan_id)).one_or_none()
    series = select(CardSeries.number).where(CardSeries.card_group_id == group.id).order_by(CardSeries.number)
    plans = select(IvrPlan.name).join(IvrPlanGroup, IvrPlanGroup.ivr_plan_id == IvrPlan.id)
    return {
        "id": group.id,
        "version": group.version,
        **{key: getattr(value, "value", value) for key, value in values.items()},
        "routing_plan": routing,
        "routing_plan_id": plan_id,
        "series": list(session.scalars(series)),
        "plans": list(session.scalars(plans.where(IvrPlanGroup.card_group_id == group.id).order_by(IvrPlan.name))),
    }


def plan_list(session: Session) -> list[dict[str, Any]]:
    """Every IVR plan with its groups and access numbers, by name."""
    return [_plan(session, plan) for plan in session.scalars(select(IvrPlan).order_by(IvrPlan.name))]


def find_plan_report(session: Session, name: str) -> dict[str, Any] | None:
    plan = session.scalars(select(IvrPlan).where(IvrPlan.name == name)).one_or_none()
    return None if plan is None else _plan(session, plan)


def _plan(session: Session, plan: IvrPlan) -> dict[str, Any]:
    groups = select(CardGroup.name).join(IvrPlanGroup, IvrPlanGroup.card_group_id == CardGroup.id)
    numbers = select(AccessNumber).where(AccessNumber.ivr_plan_id == plan.id).order_by(AccessNumber.number)
    return {
        "id": plan.id,
        **{name: getattr(plan, name) for name in (*(field.name for field in PLAN_FIELDS), *LISTS)},
        "group_ids": list(
            session.scalars(select(IvrPlanGroup.card_group_id).where(IvrPlanGroup.ivr_plan_id == plan.id))
        ),
        "groups": list(session.scalars(groups.where(IvrPlanGroup.ivr_plan_id == plan.id).order_by(CardGroup.name))),
        "access_numbers": [
            {
                "number": number.number,
                "language": number.language,
                "surcharge_micros": number.surcharge_micros,
                "surcharge_per_minute_micros": number.surcharge_per_minute_micros,
                "is_enabled": number.is_enabled,
            }
            for number in session.scalars(numbers)
        ],
    }
