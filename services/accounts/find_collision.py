"""Find an account that could match the same calls as another one (JA-11, JA-51): such a pair is refused, since it would
be chance which of them pays.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select, true
from sqlalchemy.orm import Session

from models import Account, AccountAddress, AccountGateway, AccountNumber, AniSide, Client, IdentBy, NumberUse
from services.accounts.account_lists import AccountLists

Other = Row[tuple[int, str, str, str]]
SENDS = Account.originator_enabled.is_(true())
LOGS_IN = or_(SENDS, and_(Account.terminator_enabled, Account.proxy.is_(None)))


@dataclass(frozen=True, slots=True)
class Identity:
    """All by which the calls of an account are told from others. No port stands for any."""

    ident_by: IdentBy
    protocol: str
    port: int | None
    tech_prefix: str
    name_key: str | None
    ani_side: AniSide
    lists: AccountLists


def identity_of(values: Mapping[str, Any], lists: AccountLists) -> Identity:
    ident_by = IdentBy(values["ident_by"])
    return Identity(
        ident_by,
        values["protocol"],
        values["port"],
        values["tech_prefix"] or "",
        name_key(values["name"]) if ident_by is IdentBy.NAME else None,
        AniSide(values["ani_side"]),
        lists,
    )


def name_key(login: str) -> str:
    """Case is kept in the name and ignored in comparing (JA-29)."""
    return login.casefold()


def collision(session: Session, identity: Identity, account_id: int | None) -> str | None:
    """The sentence that names the other account and what to change; None where there is none. Only accounts that may
    send calls count, and of logins those that register to take calls. A subnet inside another is no collision: the
    most specific wins.
    """
    others = {
        IdentBy.IP: _same_networks,
        IdentBy.NAME: _same_name,
        IdentBy.ANI: _same_numbers,
    }[identity.ident_by](session, identity, account_id)
    by_gateway = identity.ident_by is not IdentBy.NAME
    mine = {gateway_id for gateway_id, _ in identity.lists.gateways}
    for other in others:
        if not by_gateway or _share_gateways(mine, _gateways(session, other.id)):
            return _sentence(identity, other)
    return None


def _same_networks(session: Session, identity: Identity, account_id: int | None) -> Iterable[Any]:
    bounds = [
        and_(AccountAddress.first == network.first, AccountAddress.last == network.last)
        for network in identity.lists.networks
    ]
    if not bounds:
        return []
    query = _others(AccountAddress.network, account_id).join(AccountAddress, AccountAddress.account_id == Account.id)
    same_port = Account.port.is_(None) if identity.port is None else Account.port == identity.port
    return session.execute(
        query.where(
            or_(*bounds),
            Account.ident_by == IdentBy.IP,
            Account.protocol == identity.protocol,
            Account.tech_prefix == identity.tech_prefix,
            same_port,
        )
    )


def _same_name(session: Session, identity: Identity, account_id: int | None) -> Iterable[Any]:
    return session.execute(
        _others(Account.name, account_id, LOGS_IN).where(
            Account.ident_by == IdentBy.NAME, Account.name_key == identity.name_key
        )
    )


def _same_numbers(session: Session, identity: Identity, account_id: int | None) -> Iterable[Any]:
    query = _others(AccountNumber.number, account_id).join(AccountNumber, AccountNumber.account_id == Account.id)
    return session.execute(
        query.where(
            Account.ident_by == IdentBy.ANI,
            Account.ani_side == identity.ani_side,
            Account.tech_prefix == identity.tech_prefix,
            AccountNumber.use == NumberUse.IDENTIFIES,
            AccountNumber.number.in_(identity.lists.numbers),
        )
    )


def _others(shared: Any, account_id: int | None, counts: ColumnElement[bool] = SENDS) -> Any:  # noqa: ANN401 (a column; a statement)
    conditions: list[ColumnElement[bool]] = [counts, Account.deleted_at.is_(None)]
    if account_id is not None:
        conditions.append(Account.id != account_id)
    columns = (Account.id, Account.name, Client.name.label("client"), shared.label("shared"))
    return (
        select(*columns)
        .join_from(Account, Client, Client.id == Account.client_id)
        .where(*conditions)
        .order_by(Account.id)
    )


def _gateways(session: Session, account_id: int) -> set[int]:
    query = select(AccountGateway.gateway_id).where(AccountGateway.account_id == account_id)
    return set(session.scalars(query))


def _share_gateways(mine: set[int], others: set[int]) -> bool:
    """Both take calls of any gateway, or there is one of which both do. One that names its gateways comes before one
    that names none.
    """
    return bool(mine & others) or not (mine or others)


def _sentence(identity: Identity, other: Other) -> str:
    whose = f"the account {other.name} of {other.client} (id {other.id})"
    prefix = f"tech prefix {identity.tech_prefix}" if identity.tech_prefix else "no tech prefix"
    if identity.ident_by is IdentBy.NAME:
        return f"Calls of the login {other.shared} would match {whose} too: give one of them another name."
    if identity.ident_by is IdentBy.ANI:
        side = "from" if identity.ani_side is AniSide.CALLER else "to"
        return (
            f"Calls {side} {other.shared} with {prefix} would match {whose} too: give one of them another number, tech "
            "prefix or gateway."
        )
    port = f"port {identity.port}" if identity.port else "any port"
    return (
        f"Calls from {other.shared} ({identity.protocol}, {port}, {prefix}) would match {whose} too: give one of them "
        "another address, protocol, port, tech prefix or gateway."
    )
