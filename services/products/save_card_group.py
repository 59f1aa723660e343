"""Create or change a card group: every rule of features.md 0.3 is checked here, with a sentence that says what to
change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from billing.announcement import GhostPercentRefused, validate_ghost_percent
from billing.card_number import SERIAL_DIGITS, number_length
from billing.money import CurrencyUnknown, minor_digits
from billing.pin import check_pin_space
from billing.states import PinEntryMode
from models import CardGroup, CardSeries, RoutingPlan
from services.audit.audit import Act, Actor, note
from services.money.house_wallets import open_house
from services.products.card_group_fields import GROUP_FIELDS
from services.products.plan_agreement import PlanDisagrees, check_plans_of_group
from services.series.series_terms import cards_of_this_space
from services.store.fields import FieldsRefused, checked_values
from services.store.version_check import checked_version
from services.store.write_guarded import write_guarded

GHOSTS = ("ghost_minutes_percent", "ghost_balance_percent")
DEFAULTS = {
    field.name: column.default.arg
    for field in GROUP_FIELDS
    if (column := CardGroup.__table__.c[field.name]).default is not None
}


@dataclass(frozen=True, slots=True)
class SavedGroup:
    id: int
    version: int


def create_card_group(
    session: Session, values: Mapping[str, Any], actor: Actor, now: datetime, *, ghost_above_100_allowed: bool = False
) -> SavedGroup:
    """Name and currency are needed; everything else has its default."""
    checked = checked_values(GROUP_FIELDS, values, is_new=True)
    missing = {name: f"The {name} is needed." for name in ("name", "currency") if not checked.get(name)}
    if missing:
        raise FieldsRefused(missing)
    _check(session, {**DEFAULTS, **checked}, None, ghost_above_100_allowed=ghost_above_100_allowed)
    made = insert(CardGroup).values(checked).returning(CardGroup.id)
    group_id = write_guarded(session, made, _taken(checked["name"]))
    open_house(session, checked["currency"])
    note(session, actor, Act("group.created", "card_group", str(group_id), after=_told(checked)), now)
    return SavedGroup(group_id, 1)


def update_card_group(
    session: Session,
    group_id: int,
    version: int | None,
    changes: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    *,
    ghost_above_100_allowed: bool = False,
) -> SavedGroup:
    """Saved as a whole or not at all; `version` is the one that was on the operator's screen (JC-59)."""
    group = checked_version(session, CardGroup, group_id, version)
    before = {field.name: getattr(group, field.name) for field in GROUP_FIELDS}
    checked = checked_values(GROUP_FIELDS, changes, is_new=False)
    changed = {name: value for name, value in checked.items() if value != before[name]}
    if not changed:
        return SavedGroup(group_id, group.version)
    _check(session, {**before, **changed}, group_id, ghost_above_100_allowed=ghost_above_100_allowed)
    saved = update(CardGroup).where(CardGroup.id == group_id).values(**changed, version=CardGroup.version + 1)
    name = changed.get("name", group.name)
    new_version = write_guarded(session, saved.returning(CardGroup.version), _taken(name))
    try:
        check_plans_of_group(session, group_id)
    except PlanDisagrees as disagrees:
        raise FieldsRefused({"": str(disagrees)}) from disagrees
    told = {name: before[name] for name in changed}
    note(session, actor, Act("group.changed", "card_group", str(group_id), _told(told), _told(changed)), now)
    return SavedGroup(group_id, new_version)


def _check(session: Session, group: Mapping[str, Any], group_id: int | None, *, ghost_above_100_allowed: bool) -> None:
    """The rules that bind several fields, or a field and the rest of the platform."""
    problems = {
        **_currency(session, group, group_id),
        **_ghosts(group, ghost_above_100_allowed=ghost_above_100_allowed),
        **_orders(group),
        **_routing(session, group),
    }
    if group_id is not None:
        problems |= _series(session, group, group_id)
    if problems:
        raise FieldsRefused(problems)


def _currency(session: Session, group: Mapping[str, Any], group_id: int | None) -> dict[str, str]:
    try:
        minor_digits(group["currency"])
    except CurrencyUnknown as unknown:
        return {"currency": str(unknown)}
    if group_id is None:
        return {}
    old = session.scalars(select(CardGroup.currency).where(CardGroup.id == group_id)).one()
    if old == group["currency"] or not _count_series(session, group_id):
        return {}
    return {"currency": f"The group has series in {old}: make another group for {group['currency']}."}


def _count_series(session: Session, group_id: int) -> int:
    return session.scalars(select(func.count(CardSeries.id)).where(CardSeries.card_group_id == group_id)).one()


def _ghosts(group: Mapping[str, Any], *, ghost_above_100_allowed: bool) -> dict[str, str]:
    problems = {}
    for name in GHOSTS:
        try:
            validate_ghost_percent(group[name], above_100_allowed=ghost_above_100_allowed)
        except GhostPercentRefused as refused:
            problems[name] = str(refused)
    return problems


def _orders(group: Mapping[str, Any]) -> dict[str, str]:
    problems = {}
    if group["call_seconds_min"] > group["call_seconds_max"]:
        problems["call_seconds_min"] = (
            f"The shortest call ({group['call_seconds_min']} s) is longer than the longest "
            f"({group['call_seconds_max']} s): lower one or raise the other."
        )
    most = group.get("recharge_max_micros")
    if most is not None and group["recharge_min_micros"] > most:
        problems["recharge_min_micros"] = "The least recharge is above the most: lower one or raise the other."
    return problems


def _routing(session: Session, group: Mapping[str, Any]) -> dict[str, str]:
    plan_id = group.get("routing_plan_id")
    if plan_id is None or session.get(RoutingPlan, plan_id) is not None:
        return {}
    return {"routing_plan_id": "There is no such routing plan: choose one that exists."}


def _series(session: Session, group: Mapping[str, Any], group_id: int) -> dict[str, str]:
    """The series that exist must still fit: their numbers, and the space of their PINs."""
    problems = {}
    query = select(CardSeries.number, CardSeries.pin_length).where(CardSeries.card_group_id == group_id)
    series = session.execute(query.order_by(CardSeries.number)).all()
    wrong = [number for number, _ in series if number_length(number) != group["number_length"]]
    if wrong:
        problems["number_length"] = (
            f"Cards of series {wrong[0]} have {number_length(wrong[0])} digits (its number + {SERIAL_DIGITS}): "
            f"the group cannot ask for {group['number_length']}."
        )
    old_mode = session.scalars(select(CardGroup.pin_entry_mode).where(CardGroup.id == group_id)).one()
    if group["pin_entry_mode"] is PinEntryMode.PIN_ONLY and old_mode is not PinEntryMode.PIN_ONLY:
        problems |= _pin_space(session, group_id)
    return problems


def _pin_space(session: Session, group_id: int) -> dict[str, str]:
    """Where the PIN alone logs in, it must be harder to guess (features.md 3.9)."""
    query = select(CardSeries.pin_length, func.sum(CardSeries.quantity)).where(CardSeries.card_group_id == group_id)
    for pin_length, cards in session.execute(query.group_by(CardSeries.pin_length)):
        others = cards_of_this_space(session, PinEntryMode.PIN_ONLY, pin_length)
        too_dense = check_pin_space(PinEntryMode.PIN_ONLY, pin_length, others + int(cards))
        if too_dense:
            return {"pin_entry_mode": f"The PINs of this group's series are too short to log in alone. {too_dense}"}
    return {}


def _taken(name: str) -> dict[str, str]:
    return {"uq_card_group_name": f"There is a group {name} already: choose another name."}


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: getattr(value, "value", value) for name, value in values.items()}
