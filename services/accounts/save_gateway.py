"""Create, change or delete a gateway: a host through which calls come to us (JA-35, JA-36)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from billing.network import AddressRefused, networks_from_text
from models import Account, AccountGateway, Gateway
from services.accounts.account_locks import lock_identities
from services.audit.audit import Act, Actor, note
from services.routing.deck_revision import touch_deck
from services.store.fields import Field, FieldKind, FieldsRefused, checked_values
from services.store.version_check import checked_version
from services.store.write_guarded import write_guarded

GATEWAY_FIELDS: tuple[Field, ...] = (
    Field("name", FieldKind.TEXT, "Its name, unique, without ';'.", most=120),
    Field("address", FieldKind.TEXT, "The one address that its calls show.", most=45),
    Field("notes", FieldKind.TEXT, "Anything to remember.", most=2_000, is_optional=True),
)


@dataclass(frozen=True, slots=True)
class SavedGateway:
    id: int
    version: int


def create_gateway(session: Session, values: Mapping[str, Any], actor: Actor, now: datetime) -> SavedGateway:
    checked = _checked(values, is_new=True)
    missing = {name: f"The {name} is needed." for name in ("name", "address") if not checked.get(name)}
    if missing:
        raise FieldsRefused(missing)
    made = insert(Gateway).values(checked).returning(Gateway.id)
    gateway_id: int = write_guarded(session, made, _taken(checked))
    note(session, actor, Act("gateway.created", "gateway", str(gateway_id), after=checked), now)
    touch_deck(session)
    return SavedGateway(gateway_id, 1)


def update_gateway(
    session: Session, gateway_id: int, version: int | None, changes: Mapping[str, Any], actor: Actor, now: datetime
) -> SavedGateway:
    gateway = checked_version(session, Gateway, gateway_id, version)
    before = {field.name: getattr(gateway, field.name) for field in GATEWAY_FIELDS}
    changed = {name: value for name, value in _checked(changes, is_new=False).items() if value != before[name]}
    if not changed:
        return SavedGateway(gateway_id, gateway.version)
    save = update(Gateway).where(Gateway.id == gateway_id).values(**changed, version=Gateway.version + 1)
    new_version: int = write_guarded(session, save.returning(Gateway.version), _taken({**before, **changed}))
    old = {name: before[name] for name in changed}
    note(session, actor, Act("gateway.changed", "gateway", str(gateway_id), old, changed), now)
    touch_deck(session)
    return SavedGateway(gateway_id, new_version)


def delete_gateway(session: Session, gateway_id: int, version: int | None, actor: Actor, now: datetime) -> None:
    """Refused while an account is restricted to it: without its gateway that account would take calls of any."""
    lock_identities(session)  # no account is given it meanwhile
    gateway = checked_version(session, Gateway, gateway_id, version)
    users = select(Account.name).join(AccountGateway, AccountGateway.account_id == Account.id)
    of_it = users.where(AccountGateway.gateway_id == gateway_id, Account.deleted_at.is_(None))
    first = session.scalars(of_it.order_by(Account.id)).first()
    if first is not None:
        count = session.scalars(select(func.count()).select_from(of_it.subquery())).one()
        more = f" and {count - 1} more" if count > 1 else ""
        raise FieldsRefused(
            {"": f"The account {first}{more} takes calls through {gateway.name} only: change its gateways first."}
        )
    session.execute(delete(AccountGateway).where(AccountGateway.gateway_id == gateway_id))
    session.execute(delete(Gateway).where(Gateway.id == gateway_id))
    before = {field.name: getattr(gateway, field.name) for field in GATEWAY_FIELDS}
    note(session, actor, Act("gateway.deleted", "gateway", str(gateway_id), before), now)
    touch_deck(session)


def gateway_list(session: Session) -> list[dict[str, Any]]:
    """By name, with the number of accounts that are restricted to each."""
    counted = (
        select(AccountGateway.gateway_id, func.count().label("accounts"))
        .join(Account, Account.id == AccountGateway.account_id)
        .where(Account.deleted_at.is_(None))
        .group_by(AccountGateway.gateway_id)
        .subquery()
    )
    query = select(Gateway, func.coalesce(counted.c.accounts, 0)).outerjoin(counted, counted.c.gateway_id == Gateway.id)
    columns = ("id", "name", "address", "notes", "is_enabled", "version")
    return [
        {**{name: getattr(gateway, name) for name in columns}, "accounts": accounts}
        for gateway, accounts in session.execute(query.order_by(Gateway.name))
    ]


def _checked(values: Mapping[str, Any], *, is_new: bool) -> dict[str, Any]:
    checked = checked_values(GATEWAY_FIELDS, values, is_new=is_new)
    problems = {}
    if ";" in checked.get("name", ""):
        problems["name"] = "The name holds a ';', which stands between the names of gateways: leave it out."
    if "address" in checked:
        checked["address"], problem = _address(checked["address"])
        problems |= {"address": problem} if problem else {}
    if problems:
        raise FieldsRefused(problems)
    return checked


def _address(text: str) -> tuple[str, str | None]:
    """In one spelling, so that the address of a call compares as text."""
    try:
        networks = networks_from_text(text)
    except AddressRefused as refused:
        return text, str(refused)
    if len(networks) != 1 or networks[0].first != networks[0].last:
        return text, f"A gateway has one address, not {text}: create a gateway for each."
    return networks[0].network, None


def _taken(values: Mapping[str, Any]) -> dict[str, str]:
    return {
        "uq_gateway_name": f"There is a gateway {values['name']} already: choose another name.",
        "uq_gateway_address": f"There is a gateway with the address {values['address']} already: use that one.",
    }
