"""Change a series after its cards are made (JC-55 to JC-59): told by numbers of cards first, then saved once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from billing.card_acts import SERIES_ACTS
from billing.expiry import ExpiryRefused, expires_at
from models import Card, CardGroup, CardSeries, Reseller, RoutingPlan, TaxProfile
from services.audit.audit import Act, Actor, note
from services.cards.card_order import ActRefused
from services.cards.card_state import is_or_goes_back_to, moved_to
from services.rates.table_users import rate_table_problem
from services.series.apply_expiry import apply_expiry
from services.series.change_series_state import change_series_state
from services.series.preview_series import UNUSED, SeriesPreview, preview_changes
from services.series.series_fields import EXPIRY, MAINTENANCE, SERIES_FIELDS
from services.store.fields import FieldsRefused, checked_values
from services.store.version_check import checked_version, existing
from services.upkeep.charge_fees import book_due_fees_of_series, forgive_periods, restart_periods

SERIALS_A_STATEMENT = 20_000  # far below the longest statement that the database permits
CARDS_A_STATEMENT = 1_000
MAINTENANCE_CLOCK = ("maintenance_every_hours", "maintenance_starts")  # a change of these begins new periods
ClockAct = Callable[[Session, Sequence[int], datetime], None]
CHOICES = {"tax_profile_id": TaxProfile, "routing_plan_id": RoutingPlan, "reseller_id": Reseller}


@dataclass(frozen=True, slots=True)
class SavedSeries:
    """`touched` is what the change did to the cards."""

    number: int
    version: int
    touched: SeriesPreview


def preview_series(
    session: Session, series_id: int, changes: Mapping[str, Any], now: datetime, zone: tzinfo
) -> SeriesPreview:
    """The cards that the change would touch; refused as it would be refused when it is saved. Nothing is written."""
    series = existing(session, CardSeries, series_id)
    return preview_changes(session, series, _changed(session, series, changes, zone), now, zone)


def update_series(
    session: Session,
    series_id: int,
    version: int | None,
    changes: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    zone: tzinfo,
) -> SavedSeries:
    """New terms hold for calls and fees from now on, never for past ones; running calls keep theirs (JC-57).

    The dates of a large series follow in steps: see services.series.apply_expiry. A refusal leaves the transaction
    to be rolled back.
    """
    series = checked_version(session, CardSeries, series_id, version)
    changed = _changed(session, series, changes, zone)
    touched = preview_changes(session, series, changed, now, zone)
    status = changed.pop("status", None)
    before = {name: getattr(series, name) for name in changed}
    new_version = series.version
    if changed:
        new_version = _save(session, series, changed, actor, now, zone)
        told = Act("series.changed", "card_series", str(series.number), _told(before), _told(changed))
        note(session, actor, told, now)
    if status is not None:
        act = next(act for act, moves in SERIES_ACTS.items() if moves.get(series.status) is status)
        new_version = change_series_state(session, series_id, act, actor, now).version
    return SavedSeries(series.number, new_version, touched)


def _save(
    session: Session, series: CardSeries, changed: Mapping[str, Any], actor: Actor, now: datetime, zone: tzinfo
) -> int:
    """A change of the fee books what is owed by the old one first, and counts its periods from now."""
    series_id, changes_fee = series.id, any(name in changed for name in MAINTENANCE)
    if changes_fee:
        book_due_fees_of_series(session, series_id, actor, now)
    saved = update(CardSeries).where(CardSeries.id == series_id).values(**changed, version=CardSeries.version + 1)
    new_version = session.scalars(saved.returning(CardSeries.version)).one()
    if changes_fee:
        changes_clock = any(name in changed for name in MAINTENANCE_CLOCK)
        _each_used(session, series_id, restart_periods if changes_clock else forgive_periods, now)
    if "initial_card_status" in changed:
        _move_unused(session, series_id, changed)
    if any(name in changed for name in EXPIRY):
        apply_expiry(session, series, new_version, actor, now, zone)
    return new_version


def _changed(session: Session, series: CardSeries, changes: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """What differs from the series as it is, every rule checked."""
    checked = checked_values(SERIES_FIELDS, changes, is_new=False)
    changed = {name: value for name, value in checked.items() if value != getattr(series, name)}
    problems = {
        **_status(series, changed),
        **_choices(session, series, changed),
        **_expiry({name: changed.get(name, getattr(series, name)) for name in EXPIRY}, zone),
    }
    if problems:
        raise FieldsRefused(problems)
    if series.made_at is None and "initial_card_status" in changed:
        raise ActRefused(f"The cards of series {series.number} are still being made: wait for the end of that job.")
    return changed


def _status(series: CardSeries, changed: Mapping[str, Any]) -> dict[str, str]:
    problems = {}
    status = changed.get("status")
    if status is not None and all(moves.get(series.status) is not status for moves in SERIES_ACTS.values()):
        problems["status"] = f"The series is {series.status}: it cannot become {status}, stop it first."
    if changed.get("initial_card_status") not in (None, *UNUSED):
        problems["initial_card_status"] = "No card begins so: choose inactive or pending."
    return problems


def _choices(session: Session, series: CardSeries, changed: Mapping[str, Any]) -> dict[str, str]:
    problems = {
        name: f"There is no such {name.removesuffix('_id').replace('_', ' ')}: choose one that exists."
        for name, table in CHOICES.items()
        if changed.get(name) is not None and session.get(table, changed[name]) is None
    }
    reseller_id = changed.get("reseller_id")
    if reseller_id is not None and "reseller_id" not in problems:
        problems |= _reseller(session, reseller_id)
    if "rate_table_id" in changed:
        problems |= _rate_table(session, series, changed["rate_table_id"])
    return problems


def _reseller(session: Session, reseller_id: int) -> dict[str, str]:
    reseller = session.get_one(Reseller, reseller_id)
    if reseller.is_enabled:
        return {}
    return {"reseller_id": f"The reseller {reseller.name} is switched off: switch it on, or choose another one."}


def _rate_table(session: Session, series: CardSeries, rate_table_id: int) -> dict[str, str]:
    group = session.get_one(CardGroup, series.card_group_id)
    problem = rate_table_problem(session, rate_table_id, group.currency, f"the group {group.name}")
    return {"rate_table_id": problem} if problem else {}


def _expiry(rules: Mapping[str, Any], zone: tzinfo) -> dict[str, str]:
    day: date | None = rules["expiry_date"]
    try:
        expires_at(None, day, None, zone)
    except ExpiryRefused as refused:
        return {"expiry_date": str(refused)}
    return {}


def _move_unused(session: Session, series_id: int, changed: Mapping[str, Any]) -> None:
    status = changed["initial_card_status"]
    [other] = [other for other in UNUSED if other is not status]
    first, last = session.execute(
        select(func.min(Card.serial), func.max(Card.serial)).where(Card.series_id == series_id)
    ).one()
    for begin in range(first, last + 1, SERIALS_A_STATEMENT):
        some = (Card.series_id == series_id) & Card.serial.between(begin, begin + SERIALS_A_STATEMENT - 1)
        session.execute(update(Card).where(some & is_or_goes_back_to(other)).values(moved_to(status)))


def _each_used(session: Session, series_id: int, act: ClockAct, now: datetime) -> None:
    used = (Card.series_id == series_id) & Card.activated_at.is_not(None)
    query = select(Card.id).where(used).order_by(Card.id).limit(CARDS_A_STATEMENT)
    card_ids = list(session.scalars(query))
    while card_ids:
        act(session, card_ids, now)
        card_ids = list(session.scalars(query.where(Card.id > card_ids[-1])))


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else getattr(value, "value", value)
        for name, value in values.items()
    }
