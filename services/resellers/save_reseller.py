"""Create or change a reseller, and give series to one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from models import CardSeries, Reseller
from services.audit.audit import Act, Actor, note
from services.series.update_series import update_series
from services.store.fields import Field, FieldKind, FieldsRefused, checked_values
from services.store.version_check import checked_version
from services.store.write_guarded import write_guarded

RESELLER_FIELDS: tuple[Field, ...] = (
    Field("name", FieldKind.TEXT, "The reseller's name, unique.", most=120),
    Field("is_enabled", FieldKind.FLAG, "Off: no series is given to it; those that it has go on."),
)


@dataclass(frozen=True, slots=True)
class SavedReseller:
    id: int
    version: int


def create_reseller(session: Session, values: Mapping[str, Any], actor: Actor, now: datetime) -> SavedReseller:
    checked = checked_values(RESELLER_FIELDS, values, is_new=True)
    if not checked.get("name"):
        raise FieldsRefused({"name": "The name is needed."})
    made = insert(Reseller).values(checked).returning(Reseller.id)
    reseller_id: int = write_guarded(session, made, _taken(checked["name"]))
    note(session, actor, Act("reseller.created", "reseller", str(reseller_id), after=checked), now)
    return SavedReseller(reseller_id, 1)


def update_reseller(
    session: Session, reseller_id: int, version: int | None, changes: Mapping[str, Any], actor: Actor, now: datetime
) -> SavedReseller:
    """`version` is the one that was on the operator's screen."""
    reseller = checked_version(session, Reseller, reseller_id, version)
    checked = checked_values(RESELLER_FIELDS, changes, is_new=False)
    changed = {name: value for name, value in checked.items() if value != getattr(reseller, name)}
    if not changed:
        return SavedReseller(reseller_id, reseller.version)
    before = {name: getattr(reseller, name) for name in changed}
    saved = update(Reseller).where(Reseller.id == reseller_id).values(**changed, version=Reseller.version + 1)
    taken = _taken(changed.get("name", reseller.name))
    new_version: int = write_guarded(session, saved.returning(Reseller.version), taken)
    note(session, actor, Act("reseller.changed", "reseller", str(reseller_id), before, changed), now)
    return SavedReseller(reseller_id, new_version)


def assign_series(
    session: Session, reseller_id: int | None, numbers: Sequence[int], actor: Actor, now: datetime, zone: tzinfo
) -> None:
    """Give these series to the reseller, all or none (None: take them back to the platform)."""
    known = dict(session.execute(select(CardSeries.number, CardSeries.id).where(CardSeries.number.in_(numbers))).all())
    missing = [str(number) for number in numbers if number not in known]
    if missing:
        raise FieldsRefused({"series": f"There is no series {', '.join(missing)}: none was given."})
    for number in sorted(set(numbers)):
        update_series(session, known[number], None, {"reseller_id": reseller_id}, actor, now, zone)


def _taken(name: str) -> dict[str, str]:
    return {"uq_reseller_name": f"There is a reseller {name} already: choose another name."}
