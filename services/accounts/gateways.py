"""The gateways that may send calls to Asterisk: accounts with originator settings switched on, by address or by login
(JA-26 to JA-36), and the hosts through which calls of accounts come that are known by a number.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from models import Account, AccountAddress, AccountGateway, Client, Gateway, IdentBy
from services.accounts.sealed_password import open_password
from services.keys.pin_keys import PinKeys
from services.routing.carriers import IS_FOUND_BY_LOGIN


@dataclass(frozen=True, slots=True)
class SendingHost:
    """Addresses of one account, or one gateway of several accounts; `name` is unique among all."""

    name: str
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SendingLogin:
    """A login, and the only addresses from which it is taken (none: any). One that may not call us takes calls where
    it registers; so may one that does.
    """

    account_id: int
    login: str
    password: str = field(repr=False)
    networks: tuple[str, ...] = ()
    may_call: bool = True
    takes_calls: bool = False


def sending_hosts(session: Session) -> list[SendingHost]:
    """Each address once, whoever shares it: Asterisk lets it in, the call server tells whose call it is. That of a
    gateway that is switched off is let in for nobody; within a wider network the call server refuses it.
    """
    by_account = _networks(session, IdentBy.IP)
    hosts = [SendingHost(f"account.{account_id}", networks) for account_id, networks in by_account.items()]
    closed = set[str]()
    gateways = select(Gateway.id, Gateway.address, Gateway.is_enabled).order_by(Gateway.id)
    for gateway_id, address, is_enabled in session.execute(gateways):
        if is_enabled:
            hosts.append(SendingHost(f"gateway.{gateway_id}", (address,)))
        else:
            closed.add(address)
    return _each_once(hosts, closed)


def sending_logins(session: Session, keys: PinKeys) -> list[SendingLogin]:
    """Accounts known by name; one without a password could be anyone and is left out."""
    networks = _networks(session, IdentBy.NAME)
    return [
        SendingLogin(
            account.id,
            account.name,
            open_password(keys, account.id, account.password_sealed),
            (*networks.get(account.id, ()), *_gateways_of(session, account.id)),
            account.originator_enabled,
            account.terminator_enabled and account.proxy is None,
        )
        for account in session.scalars(_logins())
        if account.password_sealed is not None
    ]


def _logins() -> Select[Account]:
    return (
        select(Account)
        .join(Client, Client.id == Account.client_id)
        .where(Client.is_enabled, Account.ident_by == IdentBy.NAME)
        .where(or_(Account.originator_enabled, IS_FOUND_BY_LOGIN))
        .where(Account.deleted_at.is_(None), Client.deleted_at.is_(None))
        .order_by(Account.id)
    )


def _senders(query: Select[*tuple[Any, ...]], ident_by: IdentBy) -> Select[*tuple[Any, ...]]:
    return (
        query.join(Client, Client.id == Account.client_id)
        .where(Account.originator_enabled, Client.is_enabled, Account.ident_by == ident_by)
        .where(Account.deleted_at.is_(None), Client.deleted_at.is_(None))
        .order_by(Account.id)
    )


def _networks(session: Session, ident_by: IdentBy) -> dict[int, tuple[str, ...]]:
    query = select(Account.id, AccountAddress.network).join(AccountAddress, AccountAddress.account_id == Account.id)
    found: dict[int, tuple[str, ...]] = {}
    for account_id, network in session.execute(_senders(query, ident_by).order_by(AccountAddress.id)):
        found[account_id] = (*found.get(account_id, ()), network)
    return found


def _gateways_of(session: Session, account_id: int) -> tuple[str, ...]:
    query = select(Gateway.address).join(AccountGateway, AccountGateway.gateway_id == Gateway.id)
    return tuple(session.scalars(query.where(AccountGateway.account_id == account_id).order_by(Gateway.id)))


def _each_once(hosts: Iterable[SendingHost], closed: set[str]) -> list[SendingHost]:
    known = set(closed)
    left = []
    for host in hosts:
        networks = tuple(network for network in host.networks if network not in known)
        known |= set(networks)
        if networks:
            left.append(SendingHost(host.name, networks))
    return left
