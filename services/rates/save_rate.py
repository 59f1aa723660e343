"""Add, change, end or block the rates of single prefixes; a price that has held once is ended, never overwritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from billing.rate_times import RateTimes, clash, text_of_days, text_of_hours
from models import Rate, RateTable
from services.audit.audit import Act, Actor, note
from services.rates.check_rate import DEFAULTS, rate_problems
from services.rates.live_rates import is_live, live_rates
from services.rates.rate_fields import RATE_FIELDS
from services.rates.save_rate_table import usable_table
from services.rates.table_switch import refuse_while_switching
from services.routing.deck_revision import touch_deck
from services.store.fields import FieldsRefused, checked_values
from services.store.version_check import ChangedMeanwhile, NotThere, mark_of

TIMES = tuple(RateTimes.__slots__)
COLUMNS = (*(field.name for field in RATE_FIELDS), "steps")
NEEDED = ("prefix", "destination_name", "price_per_minute_micros")


@dataclass(frozen=True, slots=True)
class SavedRate:
    """`ended_id` is the rate that this one follows."""

    id: int
    ended_id: int | None = None


def add_rate(
    session: Session,
    table_id: int,
    values: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    *,
    ghost_above_100_allowed: bool = False,
) -> SavedRate:
    """Prefix, destination name and price are needed (a blocked prefix has no price); it holds from `now` unless a
    beginning is given. `steps` is a list as models.Rate has it.
    """
    table = usable_table(session, table_id)
    refuse_while_switching(session, table)
    rate = {**DEFAULTS, "valid_from": now, **_checked(values, is_new=True)}
    needed = NEEDED[:-1] if rate["is_blocked"] else NEEDED
    missing = {
        name: f"The {name.removesuffix('_micros').replace('_', ' ')} is needed."
        for name in needed
        if name not in values
    }
    if missing:
        raise FieldsRefused(missing)
    _check(session, table, rate, ghost_above_100_allowed=ghost_above_100_allowed)
    rate_id = _insert(session, table_id, rate)
    _note(session, actor, "rate.added", rate_id, None, {"rate_table_id": table_id, **rate}, now)
    touch_deck(session, table_id)
    return SavedRate(rate_id)


def change_rate(
    session: Session,
    rate_id: int,
    changes: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    *,
    begins_at: datetime | None = None,
    seen: int | None = None,
    ghost_above_100_allowed: bool = False,
) -> SavedRate:
    """New terms from `begins_at` (now): a rate that has begun by then ends there, and one with the new terms follows;
    one that has not begun is changed itself. `seen` is the mark of the rate that was on the screen.
    """
    rate, table = _locked(session, rate_id, seen)
    begins_at = begins_at or now
    before = as_values(rate)
    changed = {name: value for name, value in _checked(changes, is_new=False).items() if value != before[name]}
    if not changed:
        return SavedRate(rate_id)
    if rate.valid_until is not None and rate.valid_until <= begins_at:
        raise FieldsRefused({"": f"{_named(before)} has ended by then: add a new rate instead."})
    follows = rate.valid_from < begins_at and "valid_from" not in changed
    after = {**before, **changed, **({"valid_from": begins_at} if follows else {})}
    _check(session, table, after, rate_id, ghost_above_100_allowed=ghost_above_100_allowed)
    if follows:
        _set(session, rate_id, valid_until=begins_at)
        saved = SavedRate(_insert(session, table.id, after), rate_id)
    else:
        _set(session, rate_id, **changed)
        saved = SavedRate(rate_id)
    told = {"prefix": rate.prefix, **{name: before[name] for name in changed}}
    _note(session, actor, "rate.changed", saved.id, told, {**changed, "valid_from": after["valid_from"]}, now)
    touch_deck(session, table.id)
    return saved


def end_rate(
    session: Session,
    rate_id: int,
    actor: Actor,
    now: datetime,
    *,
    ends_at: datetime | None = None,
    seen: int | None = None,
) -> None:
    """It holds until before `ends_at` (now); one that has not begun by then is removed, since it never held."""
    rate, table = _locked(session, rate_id, seen)
    ends_at = ends_at or now
    before = as_values(rate)
    if rate.valid_until is not None and rate.valid_until <= ends_at:
        raise FieldsRefused({"": f"{_named(before)} ends by then already ({rate.valid_until:%Y-%m-%d %H:%M})."})
    if rate.valid_from >= ends_at:
        session.delete(rate)
        session.flush()
        _note(session, actor, "rate.removed", rate_id, before, None, now)
    else:
        _set(session, rate_id, valid_until=ends_at)
        told = {"prefix": rate.prefix, "valid_until": before["valid_until"]}
        _note(session, actor, "rate.ended", rate_id, told, {"valid_until": ends_at}, now)
    touch_deck(session, table.id)


def as_values(rate: Rate) -> dict[str, Any]:
    return {name: getattr(rate, name) for name in COLUMNS}


def rate_mark(values: Mapping[str, Any]) -> int:
    """A rate has no version of its own: every term of it is in this number."""
    return mark_of(_told(values) or {})


def _checked(values: Mapping[str, Any], *, is_new: bool) -> dict[str, Any]:
    """Each value by its field; the steps are checked with the whole."""
    given = {name: value for name, value in values.items() if name != "steps"}
    checked = checked_values(RATE_FIELDS, given, is_new=is_new)
    return checked | ({"steps": values["steps"]} if "steps" in values else {})


def _check(
    session: Session,
    table: RateTable,
    rate: Mapping[str, Any],
    rate_id: int | None = None,
    *,
    ghost_above_100_allowed: bool,
) -> None:
    problems = rate_problems(rate, table.currency, ghost_above_100_allowed=ghost_above_100_allowed)
    if not problems:
        problems = _clashes(session, table, rate, rate_id)
    if problems:
        raise FieldsRefused(problems)


def _clashes(session: Session, table: RateTable, rate: Mapping[str, Any], rate_id: int | None) -> dict[str, str]:
    """Two rates that hold at one moment would make the price a matter of chance."""
    times = _times(rate)
    query = select(Rate).where(live_rates(table.id), Rate.prefix == rate["prefix"])
    for other in session.scalars(query.order_by(Rate.valid_from).execution_options(populate_existing=True)):
        values = as_values(other)
        if other.id != rate_id and clash(times, _times(values)):
            return {"valid_from": f"{_named(values)} holds at the same time: end it first, or give other times."}
    return {}


def _times(rate: Mapping[str, Any]) -> RateTimes:
    return RateTimes(**{name: rate[name] for name in TIMES})


def _named(rate: Mapping[str, Any]) -> str:
    begin = f"from {rate['valid_from']:%Y-%m-%d %H:%M}"
    until = f"until {rate['valid_until']:%Y-%m-%d %H:%M}" if rate["valid_until"] else "without end"
    when = f"days {text_of_days(rate['days'])}, hours {text_of_hours(rate['from_minute'], rate['until_minute'])}"
    return f"The rate of {rate['prefix']} ({rate['destination_name']}) {begin} {until}, {when},"


def _locked(session: Session, rate_id: int, seen: int | None) -> tuple[Rate, RateTable]:
    table_id = session.scalars(select(Rate.rate_table_id).where(Rate.id == rate_id, is_live())).one_or_none()
    if table_id is None:
        raise NotThere("There is no such rate (any more): look at the table again.")
    table = usable_table(session, table_id)
    refuse_while_switching(session, table)
    rate = session.scalars(select(Rate).where(Rate.id == rate_id).execution_options(populate_existing=True)).one()
    if seen is not None and seen != rate_mark(as_values(rate)):
        raise ChangedMeanwhile(f"Another operator changed it meanwhile: {_named(as_values(rate))} is what holds now.")
    return rate, table


def _insert(session: Session, table_id: int, rate: Mapping[str, Any]) -> int:
    made = insert(Rate).values(rate_table_id=table_id, **rate).returning(Rate.id)
    return session.scalars(made).one()


def _set(session: Session, rate_id: int, **values: Any) -> None:  # noqa: ANN401 (column values)
    session.execute(update(Rate).where(Rate.id == rate_id).values(**values))


def _note(
    session: Session,
    actor: Actor,
    act: str,
    rate_id: int,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    note(session, actor, Act(act, "rate", str(rate_id), _told(before), _told(after)), now)


def _told(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
