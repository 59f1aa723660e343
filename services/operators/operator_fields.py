"""What is filled in for an operator: its name once, its role, and whose cards it works on where the role asks so."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.rights import Role
from models import Distributor, Reseller
from services.operators.save_operator import NAME_LENGTH_MAX, OperatorRefused, OperatorRole
from services.store.fields import Field, FieldKind, FieldsRefused, checked_values

ROLE_FIELDS: tuple[Field, ...] = (
    Field("role", FieldKind.WORD, "What it may do (docs/operators.md); the last owner stays an owner.", words=Role),
    Field("reseller_id", FieldKind.CHOICE, "For the role reseller only: whose series it works on.", is_optional=True),
    Field("distributor_id", FieldKind.CHOICE, "For the role distributor only: whose cards it sells.", is_optional=True),
)
OPERATOR_FIELDS: tuple[Field, ...] = (
    Field("name", FieldKind.TEXT, "By which it signs in and stands in the audit log, unique.", most=NAME_LENGTH_MAX),
    *ROLE_FIELDS,
)


def role_of(session: Session, values: Mapping[str, Any]) -> OperatorRole:
    """The role of the form; whose cards, by name. One of both at most, and that of the role."""
    checked = checked_values(ROLE_FIELDS, {field.name: values.get(field.name) for field in ROLE_FIELDS}, is_new=True)
    role: Role = checked["role"]
    wanted = {"reseller_id": Role.RESELLER, "distributor_id": Role.DISTRIBUTOR}
    for name, asked_by in wanted.items():
        if checked[name] is not None and role is not asked_by:
            raise FieldsRefused(
                {name: f"This is for the role {asked_by.value} only: leave it empty, or choose that role."}
            )
    for name, asked_by in wanted.items():
        if checked[name] is None and role is asked_by:
            raise FieldsRefused({name: f"An operator of the role {role.value} works for one: choose it."})
    return OperatorRole(role, _whose(session, checked))


def _whose(session: Session, checked: Mapping[str, Any]) -> str | None:
    for table, name in ((Reseller, "reseller_id"), (Distributor, "distributor_id")):
        if checked[name] is not None:
            found = session.scalars(select(table.name).where(table.id == checked[name])).one_or_none()
            if found is None:
                raise OperatorRefused("It is not there any more: choose from the list as it is now.")
            return found
    return None
