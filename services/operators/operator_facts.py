"""One operator as every request needs it: who, which role, whose cards."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from billing.rights import ROLE_RIGHTS, Right, Role
from models import Operator, OperatorPasskey


@dataclass(frozen=True, slots=True)
class OperatorFacts:
    """`reseller_id` or `distributor_id` bounds what an operator of these roles sees."""

    id: int
    name: str
    role: Role
    reseller_id: int | None
    distributor_id: int | None
    is_enabled: bool
    language: str | None
    preferences: dict[str, Any]
    has_app: bool  # for codes, as a second factor
    has_passkey: bool  # a security key or passkey, as one
    has_drawn_password: bool  # to be replaced by its own before anything else
    locked_until: datetime | None
    version: int

    @property
    def rights(self) -> frozenset[Right]:
        return ROLE_RIGHTS[self.role]

    @property
    def has_second_factor(self) -> bool:
        return self.has_app or self.has_passkey


HAS_PASSKEY = exists().where(OperatorPasskey.operator_id == Operator.id)
HAS_SECOND_FACTOR = or_(Operator.totp_sealed.is_not(None), HAS_PASSKEY)
COLUMNS = (
    Operator.id,
    Operator.name,
    Operator.role,
    Operator.reseller_id,
    Operator.distributor_id,
    Operator.is_enabled,
    Operator.language,
    Operator.preferences,
    Operator.totp_sealed.is_not(None),
    HAS_PASSKEY,
    Operator.password_until.is_not(None),
    Operator.locked_until,
    Operator.version,
)


def name_key(name: str) -> str:
    """Names that differ in case or outer blanks only are one name."""
    return name.strip().casefold()


def find_operator(session: Session, name: str) -> OperatorFacts | None:
    return find_operator_by(session, Operator.name_key == name_key(name))


def find_operator_by(session: Session, condition: ColumnElement[bool]) -> OperatorFacts | None:
    row: Any = session.execute(select(*COLUMNS).where(condition)).one_or_none()
    return None if row is None else OperatorFacts(*row)


def operators(session: Session) -> list[OperatorFacts]:
    """By name."""
    return [OperatorFacts(*row) for row in session.execute(select(*COLUMNS).order_by(Operator.name_key))]
