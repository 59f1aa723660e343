"""Create or change a tax profile with its taxes, all at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from billing.tariff import PARTS_PER_MILLION, TAX_NAME_LENGTH_MAX, TAXES_MAX
from models import TaxProfile, TaxRate
from services.audit.audit import Act, Actor, note
from services.store.fields import Field, FieldKind, FieldsRefused, checked_values
from services.store.version_check import checked_version
from services.store.write_guarded import write_guarded

PROFILE_FIELDS: tuple[Field, ...] = (
    Field("name", FieldKind.TEXT, "The profile's name, unique.", most=120),
    Field("is_inclusive", FieldKind.FLAG, "The prices of rate tables contain the taxes; else they come on top."),
)
TAX_FIELDS: tuple[Field, ...] = (
    Field("name", FieldKind.TEXT, "The tax's name: a line of its own in the ledger.", most=TAX_NAME_LENGTH_MAX),
    Field("parts_per_million", FieldKind.WHOLE, "Its rate; 20 % are 200000.", 1, PARTS_PER_MILLION),
    Field("is_compound", FieldKind.FLAG, "On the price and the taxes before it, not on the price alone."),
)


@dataclass(frozen=True, slots=True)
class SavedProfile:
    id: int
    version: int


def create_tax_profile(session: Session, values: Mapping[str, Any], actor: Actor, now: datetime) -> SavedProfile:
    """`taxes` is a list of the values of TAX_FIELDS, in the order in which they are charged."""
    checked, taxes = _checked(values, is_new=True)
    if not checked.get("name"):
        raise FieldsRefused({"name": "The name is needed."})
    if not taxes:
        raise FieldsRefused({"taxes": "A tax profile needs a tax: without taxes a series has no profile at all."})
    made = insert(TaxProfile).values(checked).returning(TaxProfile.id)
    profile_id: int = write_guarded(session, made, _taken(checked["name"]))
    _write_taxes(session, profile_id, taxes)
    note(session, actor, Act("tax_profile.created", "tax_profile", str(profile_id), after=_told(checked, taxes)), now)
    return SavedProfile(profile_id, 1)


def update_tax_profile(
    session: Session, profile_id: int, version: int | None, changes: Mapping[str, Any], actor: Actor, now: datetime
) -> SavedProfile:
    """Holds for calls from now on; one that runs keeps its taxes. `taxes`, if given, replaces all of them."""
    profile = checked_version(session, TaxProfile, profile_id, version)
    checked, taxes = _checked(changes, is_new=False)
    changed = {name: value for name, value in checked.items() if value != getattr(profile, name)}
    standing = taxes_as_values(session, profile_id)
    if taxes == [] and standing:
        raise FieldsRefused({"taxes": "A tax profile needs a tax: take the profile from its series instead."})
    new_taxes = None if taxes == standing else taxes
    if not changed and new_taxes is None:
        return SavedProfile(profile_id, profile.version)
    before = _told({name: getattr(profile, name) for name in changed}, None if new_taxes is None else standing)
    saved = update(TaxProfile).where(TaxProfile.id == profile_id)
    saved_version = saved.values(**changed, version=TaxProfile.version + 1).returning(TaxProfile.version)
    new_version: int = write_guarded(session, saved_version, _taken(changed.get("name", profile.name)))
    if new_taxes is not None:
        _write_taxes(session, profile_id, new_taxes)
    told = Act("tax_profile.changed", "tax_profile", str(profile_id), before, _told(changed, new_taxes))
    note(session, actor, told, now)
    return SavedProfile(profile_id, new_version)


def taxes_as_values(session: Session, profile_id: int) -> list[dict[str, Any]]:
    """The taxes of a profile in their order, as they are given to be saved."""
    columns = [getattr(TaxRate, field.name) for field in TAX_FIELDS]
    rows = session.execute(select(*columns).where(TaxRate.tax_profile_id == profile_id).order_by(TaxRate.position))
    return [{field.name: value for field, value in zip(TAX_FIELDS, row, strict=True)} for row in rows]


def _checked(values: Mapping[str, Any], *, is_new: bool) -> tuple[dict[str, Any], list[dict[str, Any]] | None]:
    given = {name: value for name, value in values.items() if name != "taxes"}
    checked = checked_values(PROFILE_FIELDS, given, is_new=is_new)
    return checked, None if values.get("taxes") is None else _checked_taxes(values["taxes"])


def _checked_taxes(taxes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if len(taxes) > TAXES_MAX:
        raise FieldsRefused({"taxes": f"There are {len(taxes)} taxes: give at most {TAXES_MAX}."})
    checked = [{"is_compound": False, **checked_values(TAX_FIELDS, tax, is_new=True)} for tax in taxes]
    for place, tax in enumerate(checked, 1):
        missing = [name for name in ("name", "parts_per_million") if name not in tax]
        if missing:
            raise FieldsRefused({"taxes": f"Tax {place} needs its {missing[0].replace('_', ' ')}."})
    if len({tax["name"] for tax in checked}) < len(checked):
        raise FieldsRefused({"taxes": "Two taxes have one name: give each its own, it stands in the ledger."})
    if checked and checked[0]["is_compound"]:
        raise FieldsRefused({"taxes": f"{checked[0]['name']} is the first tax, so there is none for it to be on."})
    return [{field.name: tax[field.name] for field in TAX_FIELDS} for tax in checked]


def _write_taxes(session: Session, profile_id: int, taxes: Sequence[Mapping[str, Any]]) -> None:
    session.execute(delete(TaxRate).where(TaxRate.tax_profile_id == profile_id))
    for position, tax in enumerate(taxes):
        session.execute(insert(TaxRate).values(tax_profile_id=profile_id, position=position, **tax))


def _taken(name: str) -> dict[str, str]:
    return {"uq_tax_profile_name": f"There is a tax profile {name} already: choose another name."}


def _told(values: Mapping[str, Any], taxes: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    return dict(values) if taxes is None else {**values, "taxes": [dict(tax) for tax in taxes]}
