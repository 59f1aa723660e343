"""Create or change a distributor: who sells cards without owning their series."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from models import Distributor
from services.audit.audit import Act, Actor, note
from services.store.fields import Field, FieldKind, FieldsRefused, checked_values
from services.store.version_check import checked_version
from services.store.write_guarded import write_guarded

DISTRIBUTOR_FIELDS: tuple[Field, ...] = (
    Field("name", FieldKind.TEXT, "The distributor's name, unique.", most=120),
    Field("sees_pins", FieldKind.FLAG, "Off: it hands out sealed cards and needs no PIN."),
    Field("is_enabled", FieldKind.FLAG, "Off: no cards are sold to it; those that it has go on."),
)


@dataclass(frozen=True, slots=True)
class SavedDistributor:
    id: int
    version: int


def create_distributor(session: Session, values: Mapping[str, Any], actor: Actor, now: datetime) -> SavedDistributor:
    checked = checked_values(DISTRIBUTOR_FIELDS, values, is_new=True)
    if not checked.get("name"):
        raise FieldsRefused({"name": "The name is needed."})
    made = insert(Distributor).values(checked).returning(Distributor.id)
    distributor_id: int = write_guarded(session, made, _taken(checked["name"]))
    note(session, actor, Act("distributor.created", "distributor", str(distributor_id), after=checked), now)
    return SavedDistributor(distributor_id, 1)


def update_distributor(
    session: Session, distributor_id: int, version: int | None, changes: Mapping[str, Any], actor: Actor, now: datetime
) -> SavedDistributor:
    """`version` is the one that was on the operator's screen."""
    distributor = checked_version(session, Distributor, distributor_id, version)
    checked = checked_values(DISTRIBUTOR_FIELDS, changes, is_new=False)
    changed = {name: value for name, value in checked.items() if value != getattr(distributor, name)}
    if not changed:
        return SavedDistributor(distributor_id, distributor.version)
    before = {name: getattr(distributor, name) for name in changed}
    saved = update(Distributor).where(Distributor.id == distributor_id)
    saved_version = saved.values(**changed, version=Distributor.version + 1).returning(Distributor.version)
    new_version: int = write_guarded(session, saved_version, _taken(changed.get("name", distributor.name)))
    note(session, actor, Act("distributor.changed", "distributor", str(distributor_id), before, changed), now)
    return SavedDistributor(distributor_id, new_version)


def distributor_rows() -> Select[*tuple[Any, ...]]:
    return select(Distributor.id, Distributor.name, Distributor.is_enabled, Distributor.sees_pins)


def _taken(name: str) -> dict[str, str]:
    return {"uq_distributor_name": f"There is a distributor {name} already: choose another name."}


def find_distributor(session: Session, distributor_id: int) -> Distributor | None:
    return session.get(Distributor, distributor_id)
