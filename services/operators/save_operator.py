"""Create operators, change their role, enable, disable, and set their passwords; each act is audited."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from billing.rights import SCOPED_ROLES, Role
from models import Distributor, Operator, Reseller
from services.audit.audit import Act, Actor, note
from services.operators.operator_facts import OperatorFacts, find_operator, find_operator_by, name_key
from services.operators.passwords import password_hash
from services.operators.sessions import end_sessions_of
from services.store.version_check import check_version

NAME_LENGTH_MAX = 80
ENABLED_OWNERS = select(func.count()).where(Operator.role == Role.OWNER, Operator.is_enabled)


class OperatorRefused(ValueError):
    """The operator cannot be saved so; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class OperatorRole:
    """A role, and for a reseller's or distributor's operator the name of whose cards it works on."""

    role: Role
    whose: str | None = None


def create_operator(session: Session, name: str, role: OperatorRole, actor: Actor, now: datetime) -> OperatorFacts:
    """An operator without a password: nobody can sign in with it until one is set."""
    shown = " ".join(name.split())
    if not 1 <= len(shown) <= NAME_LENGTH_MAX or not shown.isprintable():
        raise OperatorRefused(f"The name of an operator has 1 to {NAME_LENGTH_MAX} characters.")
    if find_operator(session, shown) is not None:
        raise OperatorRefused(f"There is an operator {shown} already: choose another name.")
    values = {"name": shown, "name_key": name_key(shown), "created_at": now, **_role_values(session, role)}
    operator_id = session.scalars(insert(Operator).values(values).returning(Operator.id)).one()
    _note(session, actor, "operator created", shown, now, after=_told(role))
    return _saved(session, operator_id)


def change_role(
    session: Session, name: str, role: OperatorRole, actor: Actor, now: datetime, *, version: int | None = None
) -> OperatorFacts:
    """The new rights hold from the next request on. `version` is the one that was on the screen."""
    operator = locked_operator(session, name)
    check_version(operator.version, version)
    if role.role is not Role.OWNER:
        _keep_an_owner(session, operator, "change the role of")
    change_operator(session, operator, _role_values(session, role))
    _note(session, actor, "role changed", operator.name, now, before={"role": operator.role.value}, after=_told(role))
    return _saved(session, operator.id)


def disable_operator(session: Session, name: str, actor: Actor, now: datetime) -> OperatorFacts:
    """Its sessions end at once. No operator is ever erased: the audit log names it."""
    operator = locked_operator(session, name)
    _keep_an_owner(session, operator, "disable")
    change_operator(session, operator, {"is_enabled": False})
    end_sessions_of(session, operator.id, now)
    _note(session, actor, "operator disabled", operator.name, now)
    return _saved(session, operator.id)


def enable_operator(session: Session, name: str, actor: Actor, now: datetime) -> OperatorFacts:
    """Wrong passwords are forgiven too."""
    operator = locked_operator(session, name)
    change_operator(session, operator, {"is_enabled": True, "failures_in_row": 0, "locked_until": None})
    _note(session, actor, "operator enabled", operator.name, now)
    return _saved(session, operator.id)


def unlock_operator(session: Session, name: str, actor: Actor, now: datetime) -> OperatorFacts:
    """Forgive wrong passwords, of somebody who may sign in."""
    operator = locked_operator(session, name)
    if operator.locked_until is None or operator.locked_until <= now:
        raise OperatorRefused(f"{operator.name} is not locked: its password is compared at each sign-in.")
    change_operator(session, operator, {"failures_in_row": 0, "locked_until": None})
    _note(session, actor, "operator unlocked", operator.name, now)
    return _saved(session, operator.id)


def set_password(session: Session, name: str, password: str, actor: Actor, now: datetime) -> OperatorFacts:
    """A new password ends every session of the operator: who knew the old one is out."""
    operator = locked_operator(session, name)
    hashed = password_hash(password, operator.name)
    change_operator(
        session, operator, {"password_hash": hashed, "password_until": None, "failures_in_row": 0, "locked_until": None}
    )
    end_sessions_of(session, operator.id, now)
    _note(session, actor, "password set", operator.name, now)
    return _saved(session, operator.id)


def get_operator(session: Session, name: str) -> OperatorFacts:
    operator = find_operator(session, name)
    if operator is None:
        raise OperatorRefused(f"There is no operator {name}: see the list of operators.")
    return operator


def locked_operator(session: Session, name: str) -> OperatorFacts:
    """Acts on operators wait for one another: of two owners who disable each other, one stays."""
    session.execute(select(Operator.id).where(Operator.role == Role.OWNER).order_by(Operator.id).with_for_update())
    return get_operator(session, name)


def _keep_an_owner(session: Session, operator: OperatorFacts, act: str) -> None:
    is_last = operator.role is Role.OWNER and operator.is_enabled and session.scalars(ENABLED_OWNERS).one() == 1
    if is_last:
        raise OperatorRefused(
            f"{operator.name} is the last owner: make another operator an owner before you {act} this one."
        )


def _role_values(session: Session, role: OperatorRole) -> dict[str, Any]:
    if role.role not in SCOPED_ROLES:
        if role.whose is not None:
            raise OperatorRefused(f"The role {role.role.value} works on all cards: leave out {role.whose}.")
        return {"role": role.role, "reseller_id": None, "distributor_id": None}
    table: type[Reseller | Distributor] = Reseller if role.role is Role.RESELLER else Distributor
    owner_id = session.scalars(select(table.id).where(table.name == role.whose)).one_or_none()
    if owner_id is None:
        raise OperatorRefused(f"An operator of the role {role.role.value} needs the name of a {role.role.value}.")
    other = "distributor_id" if table is Reseller else "reseller_id"
    return {"role": role.role, f"{role.role.value}_id": owner_id, other: None}


def change_operator(session: Session, operator: OperatorFacts, values: dict[str, Any]) -> None:
    counted = {**values, "version": Operator.version + 1}
    session.execute(update(Operator).where(Operator.id == operator.id).values(counted))


def _saved(session: Session, operator_id: int) -> OperatorFacts:
    operator = find_operator_by(session, Operator.id == operator_id)
    if operator is None:
        raise LookupError(f"operator {operator_id} is gone")
    return operator


def _told(role: OperatorRole) -> dict[str, Any]:
    return {"role": role.role.value} | ({"whose": role.whose} if role.whose else {})


def _note(
    session: Session,
    actor: Actor,
    act: str,
    name: str,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    note(session, actor, Act(act, "operator", name, before, after), now)
