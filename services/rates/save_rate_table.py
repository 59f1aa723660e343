"""Create, change or delete a rate table; selling and buying tables are the same thing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from billing.money import CurrencyUnknown, minor_digits
from models import RateTable
from services.audit.audit import Act, Actor, note
from services.rates.rate_fields import TABLE_FIELDS
from services.rates.table_switch import refuse_while_switching
from services.rates.table_users import table_users, told_users
from services.routing.deck_revision import touch_deck
from services.store.fields import FieldsRefused, checked_values
from services.store.version_check import checked_version
from services.store.write_guarded import write_guarded


@dataclass(frozen=True, slots=True)
class SavedTable:
    id: int
    version: int


def create_rate_table(session: Session, values: Mapping[str, Any], actor: Actor, now: datetime) -> SavedTable:
    """Name and currency are needed; it begins without a rate."""
    checked = checked_values(TABLE_FIELDS, values, is_new=True)
    missing = {name: f"The {name} is needed." for name in ("name", "currency") if not checked.get(name)}
    problems = missing or _currency(checked["currency"])
    if problems:
        raise FieldsRefused(problems)
    made = insert(RateTable).values(checked).returning(RateTable.id)
    table_id: int = write_guarded(session, made, _taken(checked["name"]))
    note(session, actor, Act("rate_table.created", "rate_table", str(table_id), after=checked), now)
    touch_deck(session, table_id)
    return SavedTable(table_id, 1)


def update_rate_table(
    session: Session, table_id: int, version: int | None, changes: Mapping[str, Any], actor: Actor, now: datetime
) -> SavedTable:
    """`version` is the one that was on the operator's screen; another currency needs a table that no one uses."""
    table = usable_table(session, table_id, version)
    refuse_while_switching(session, table)
    checked = checked_values(TABLE_FIELDS, changes, is_new=False)
    changed = {name: value for name, value in checked.items() if value != getattr(table, name)}
    if not changed:
        return SavedTable(table_id, table.version)
    if "currency" in changed:
        _check_currency(session, table, changed["currency"])
    before = {name: getattr(table, name) for name in changed}
    saved = update(RateTable).where(RateTable.id == table_id).values(**changed, version=RateTable.version + 1)
    taken = _taken(changed.get("name", table.name))
    new_version: int = write_guarded(session, saved.returning(RateTable.version), taken)
    note(session, actor, Act("rate_table.changed", "rate_table", str(table_id), before, changed), now)
    touch_deck(session, table_id)
    return SavedTable(table_id, new_version)


def delete_rate_table(session: Session, table_id: int, version: int | None, actor: Actor, now: datetime) -> SavedTable:
    """A mark: its rates stay for past calls. Refused while anyone uses it."""
    table = usable_table(session, table_id, version)
    refuse_while_switching(session, table)
    users = table_users(session, table_id)
    if users:
        raise FieldsRefused(
            {"": f"The rate table {table.name} is used by {told_users(users)}: give them another table first."}
        )
    marked = update(RateTable).where(RateTable.id == table_id).values(is_deleted=True, version=RateTable.version + 1)
    new_version = session.scalars(marked.returning(RateTable.version)).one()
    note(session, actor, Act("rate_table.deleted", "rate_table", str(table_id), {"name": table.name}), now)
    touch_deck(session, table_id)
    return SavedTable(table_id, new_version)


def usable_table(session: Session, table_id: int, version: int | None = None) -> RateTable:
    """The table, locked until the end of the transaction so that two changes of its rates come one after the other."""
    table = checked_version(session, RateTable, table_id, version)
    if table.is_deleted:
        raise FieldsRefused({"": f"The rate table {table.name} is deleted: choose another one."})
    return table


def _check_currency(session: Session, table: RateTable, currency: str) -> None:
    problems = _currency(currency)
    others = [user for user in table_users(session, table.id) if user.currency != currency]
    if others and not problems:
        problems["currency"] = (
            f"The rate table {table.name} is used by {told_users(others)}, who calculate in {others[0].currency}: "
            f"make another table for {currency}."
        )
    if problems:
        raise FieldsRefused(problems)


def _currency(currency: str) -> dict[str, str]:
    try:
        minor_digits(currency)
    except CurrencyUnknown as unknown:
        return {"currency": str(unknown)}
    return {}


def _taken(name: str) -> dict[str, str]:
    return {"uq_rate_table_name": f"There is, or was, a rate table {name} already: choose another name."}
