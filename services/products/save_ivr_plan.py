"""Create or change an IVR plan: its languages, waiting times and rules, the groups that it accepts, and its access
numbers (MOR's Calling Card Dial Plan, M-15, M-16).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from billing.phone import RewriteRule, RewriteRuleRefused
from models import AccessNumber, CardGroup, IvrPlan, IvrPlanGroup
from services.audit.audit import Act, Actor, note
from services.products.plan_agreement import PlanDisagrees, check_agreement
from services.products.save_access_number import assign_access_numbers
from services.store.fields import Field, FieldKind, FieldsRefused, checked_values
from services.store.version_check import NotThere, check_mark, mark_of
from services.store.write_guarded import write_guarded

PLAN_FIELDS: tuple[Field, ...] = (
    Field("name", FieldKind.TEXT, "The plan's name, unique.", most=120),
    Field("is_enabled", FieldKind.FLAG, "Off: callers hear that the number is closed."),
    Field("pinless_enabled", FieldKind.FLAG, "A known phone needs no PIN (the card group must allow it too)."),
    Field("welcome_prompt", FieldKind.TEXT, "Prompt played first; empty = none.", most=80, is_optional=True),
    Field("first_key_seconds", FieldKind.WHOLE, "Waiting time for the first key.", 3, 60),
    Field("next_key_seconds", FieldKind.WHOLE, "Waiting time between keys.", 1, 30),
    Field("caller_id_digits_min", FieldKind.WHOLE, "A shorter caller id is no valid one (PINless).", 3, 15),
)
LISTS = ("languages", "rewrite_rules", "emergency_numbers", "warning_seconds")
WARNINGS_MAX = 5
WARNING_SECONDS_MAX = 600
RULES_MAX = 50
EMERGENCY_NUMBER = re.compile(r"[0-9]{2,8}")


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """`warnings` are sentences about what is saved but cannot work so."""

    id: int
    warnings: tuple[str, ...] = ()


def save_ivr_plan(
    session: Session,
    plan_id: int | None,
    values: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    *,
    known_languages: Collection[str],
    seen: int | None = None,
) -> SavedPlan:
    """None as `plan_id` makes a new plan. Beside the fields of PLAN_FIELDS: the lists of LISTS, `group_ids` (all that
    it accepts) and `access_numbers` (those to assign to it; each leaves the plan to which it belonged).
    `seen` is the mark of the plan that was on the screen.
    """
    fields = {name: value for name, value in values.items() if name not in (*LISTS, "group_ids", "access_numbers")}
    checked = checked_values(PLAN_FIELDS, fields, is_new=plan_id is None) | _lists(values, known_languages)
    before = None if plan_id is None else _standing(session, plan_id)
    check_mark(seen, before or {}, "the plan")
    if plan_id is None:
        plan_id = _created(session, checked)
    elif checked:
        saved = update(IvrPlan).where(IvrPlan.id == plan_id).values(checked).returning(IvrPlan.id)
        write_guarded(session, saved, _taken(checked.get("name", "")))
    if "group_ids" in values:
        _accept(session, plan_id, values["group_ids"])
    moved = assign_access_numbers(session, plan_id, values.get("access_numbers", ()))
    after = _standing(session, plan_id)
    if before != after or moved:
        act = "plan.changed" if before else "plan.created"
        note(session, actor, Act(act, "ivr_plan", str(plan_id), before, after), now)
    return SavedPlan(plan_id, (*moved, *_warnings(session, plan_id, after)))


def plan_mark(session: Session, plan_id: int) -> int:
    """For the form of a plan."""
    return mark_of(_told(session, plan_id))


def _created(session: Session, checked: Mapping[str, Any]) -> int:
    missing = {name: f"The plan needs its {name}." for name in ("name", "languages") if not checked.get(name)}
    if missing:
        raise FieldsRefused(missing)
    made: int = write_guarded(session, insert(IvrPlan).values(checked).returning(IvrPlan.id), _taken(checked["name"]))
    return made


def _lists(values: Mapping[str, Any], known_languages: Collection[str]) -> dict[str, Any]:
    given = {name: list(values[name]) for name in LISTS if name in values}
    told = {name: _list_problem(name, value, known_languages) for name, value in given.items()}
    problems = {name: problem for name, problem in told.items() if problem}
    if problems:
        raise FieldsRefused(problems)
    return given


def _list_problem(name: str, value: list[Any], known_languages: Collection[str]) -> str | None:
    match name:
        case "languages":
            return _languages(value, known_languages)
        case "rewrite_rules":
            return _rewrite_rules(value)
        case "emergency_numbers":
            return _emergency_numbers(value)
        case _:
            return _warning_seconds(value)


def _languages(codes: Sequence[str], known: Collection[str]) -> str | None:
    unknown = sorted(set(codes) - set(known))
    if unknown:
        return f"There are no prompts in {', '.join(unknown)}: choose from {', '.join(sorted(known))}."
    if not codes or len(set(codes)) < len(codes):
        return "The plan speaks at least one language, and each only once: the first is its own."
    return None


def _rewrite_rules(rules: Sequence[Mapping[str, Any]]) -> str | None:
    if len(rules) > RULES_MAX:
        return f"There are {len(rules)} rewriting rules: give at most {RULES_MAX}."
    for place, rule in enumerate(rules, 1):
        try:
            RewriteRule(**rule)
        except RewriteRuleRefused as refused:
            return f"Rewriting rule {place}: {refused}"
        except TypeError:
            return f"Rewriting rule {place} has unknown parts: it has match_prefix, cut, add, length_min, length_max."
    return None


def _emergency_numbers(numbers: Sequence[object]) -> str | None:
    wrong = [number for number in numbers if not isinstance(number, str) or not EMERGENCY_NUMBER.fullmatch(number)]
    return f"{wrong[0]!r} is no emergency number: give 2 to 8 digits." if wrong else None


def _warning_seconds(seconds: Sequence[object]) -> str | None:
    whole = [one for one in seconds if isinstance(one, int) and 1 <= one <= WARNING_SECONDS_MAX]
    if len(seconds) > WARNINGS_MAX or sorted(set(whole), reverse=True) != list(seconds):
        return (
            f"Warnings are at most {WARNINGS_MAX} times before the end, 1 to {WARNING_SECONDS_MAX} seconds, "
            "the longest first, for example 60 and 30."
        )
    return None


def _accept(session: Session, plan_id: int, group_ids: Sequence[int]) -> None:
    known = set(session.scalars(select(CardGroup.id).where(CardGroup.id.in_(group_ids))))
    if set(group_ids) - known:
        raise FieldsRefused({"group_ids": "There is no such card group: choose groups that exist."})
    name = session.scalars(select(IvrPlan.name).where(IvrPlan.id == plan_id)).one()
    try:
        check_agreement(session, name, group_ids)
    except PlanDisagrees as disagrees:
        raise FieldsRefused({"group_ids": str(disagrees)}) from disagrees
    session.execute(delete(IvrPlanGroup).where(IvrPlanGroup.ivr_plan_id == plan_id))
    for group_id in sorted(known):
        session.execute(insert(IvrPlanGroup).values(ivr_plan_id=plan_id, card_group_id=group_id))


def _standing(session: Session, plan_id: int) -> dict[str, Any]:
    """The same, its row locked."""
    session.execute(select(IvrPlan.id).where(IvrPlan.id == plan_id).with_for_update(key_share=True))
    return _told(session, plan_id)


def _told(session: Session, plan_id: int) -> dict[str, Any]:
    """The plan in JSON's values, as the audit log tells it."""
    columns = [getattr(IvrPlan, field.name) for field in PLAN_FIELDS] + [getattr(IvrPlan, name) for name in LISTS]
    row = session.execute(select(*columns).where(IvrPlan.id == plan_id)).one_or_none()
    if row is None:
        raise NotThere("There is no such IVR plan (any more): look at the list again.")
    groups = select(IvrPlanGroup.card_group_id).where(IvrPlanGroup.ivr_plan_id == plan_id)
    numbers = select(AccessNumber.number).where(AccessNumber.ivr_plan_id == plan_id)
    lists = {"group_ids": sorted(session.scalars(groups)), "access_numbers": sorted(session.scalars(numbers))}
    return dict(zip([column.key for column in columns], row, strict=True)) | lists


def _warnings(session: Session, plan_id: int, plan: Mapping[str, Any]) -> tuple[str, ...]:
    allowed = select(CardGroup.pinless_allowed).join(IvrPlanGroup, IvrPlanGroup.card_group_id == CardGroup.id)
    warnings = {
        "It accepts no card group: callers hear that the number is closed.": not plan["group_ids"],
        "It has no access number: nobody can dial it.": not plan["access_numbers"],
        "PINless is enabled, but none of its groups allows it: it works only where both do.": plan["pinless_enabled"]
        and not any(session.scalars(allowed.where(IvrPlanGroup.ivr_plan_id == plan_id))),
    }
    return tuple(sentence for sentence, holds in warnings.items() if holds)


def _taken(name: str) -> dict[str, str]:
    return {"uq_ivr_plan_name": f"There is an IVR plan {name} already: choose another name."}
