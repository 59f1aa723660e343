"""Access numbers: which plan each leads to, its language and its surcharge (M-16: one plan at a time)."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from models import AccessNumber, IvrPlan
from services.audit.audit import Act, Actor, note
from services.store.fields import Field, FieldKind, FieldsRefused, checked_values
from services.store.upsert import insert_or_skip
from services.store.version_check import check_mark, mark_of

NUMBER = re.compile(r"[0-9]{2,15}")
NUMBER_FIELDS: tuple[Field, ...] = (
    Field("ivr_plan_id", FieldKind.CHOICE, "The plan to which it leads.", 1),
    Field("language", FieldKind.TEXT, "Spoken over it; empty = the plan's first.", most=8, is_optional=True),
    Field("surcharge_micros", FieldKind.MONEY, "Added to each call over it."),
    Field("surcharge_per_minute_micros", FieldKind.MONEY, "Added to each minute over it."),
    Field("is_enabled", FieldKind.FLAG, "Off: callers hear that it is closed."),
)


def create_access_number(session: Session, number: str, values: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """A number that leads somewhere already is refused: it is changed, not made again."""
    digits = _digits(number)
    plans = select(IvrPlan.name).join(AccessNumber, AccessNumber.ivr_plan_id == IvrPlan.id)
    taken = session.scalars(plans.where(AccessNumber.number == digits)).one_or_none()
    if taken is not None:
        raise FieldsRefused({"number": f"The number {digits} leads to the plan {taken} already: change it there."})
    save_access_number(session, digits, values, actor, now)


def number_mark(session: Session, number: str) -> int:
    """For the form of a number."""
    return mark_of(_standing(session, number) or {})


def save_access_number(
    session: Session, number: str, values: Mapping[str, Any], actor: Actor, now: datetime, *, seen: int | None = None
) -> None:
    """A new number needs its plan; of a known one only what is given changes. `seen` is its mark on the screen."""
    digits = _digits(number)
    checked = checked_values(NUMBER_FIELDS, values, is_new=True)
    before = _standing(session, digits)
    check_mark(seen, before or {}, "the number")
    _check_plan(session, before, checked)
    if before is None:
        session.execute(insert(AccessNumber).values(number=digits, **checked))
    elif checked:
        session.execute(update(AccessNumber).where(AccessNumber.number == digits).values(checked))
    after = _standing(session, digits)
    if before != after:
        note(session, actor, Act("access_number.saved", "access_number", digits, before, after), now)


def assign_access_numbers(session: Session, plan_id: int, numbers: Sequence[str]) -> tuple[str, ...]:
    """Numbers that are new are made; a sentence for each that leaves another plan."""
    told: list[str] = []
    for digits in dict.fromkeys(_digits(number) for number in numbers):
        if insert_or_skip(session, AccessNumber, number=digits, ivr_plan_id=plan_id):
            continue
        plans = select(IvrPlan.id, IvrPlan.name).join(AccessNumber, AccessNumber.ivr_plan_id == IvrPlan.id)
        old_id, old_name = session.execute(plans.where(AccessNumber.number == digits)).one()
        if old_id != plan_id:
            session.execute(update(AccessNumber).where(AccessNumber.number == digits).values(ivr_plan_id=plan_id))
            told.append(f"The access number {digits} left the plan {old_name}.")
    return tuple(told)


def _digits(number: str) -> str:
    digits = number.strip().removeprefix("+")
    if NUMBER.fullmatch(digits) is None:
        raise FieldsRefused(
            {"number": f"{number!r} is no access number: give 2 to 15 digits, as the carrier sends it."}
        )
    return digits


def _check_plan(session: Session, before: Mapping[str, Any] | None, checked: Mapping[str, Any]) -> None:
    plan_id = checked.get("ivr_plan_id")
    if before is None and plan_id is None:
        raise FieldsRefused({"ivr_plan_id": "A new access number needs its IVR plan: choose one."})
    if plan_id is not None and session.get(IvrPlan, plan_id) is None:
        raise FieldsRefused({"ivr_plan_id": "There is no such IVR plan: choose one that exists."})


def _standing(session: Session, digits: str) -> dict[str, Any] | None:
    columns = [getattr(AccessNumber, field.name) for field in NUMBER_FIELDS]
    row = session.execute(select(*columns).where(AccessNumber.number == digits)).one_or_none()
    return None if row is None else {field.name: value for field, value in zip(NUMBER_FIELDS, row, strict=True)}
