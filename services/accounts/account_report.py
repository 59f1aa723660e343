"""The list of accounts with its columns (JA-4 to JA-10) and filters (JA-16, JA-21, JA-22), and all of one account."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from billing.network import address_key
from models import Account, AccountAddress, AccountLoad, AccountNumber, Client, NumberUse, RateTable, RoutingPlan
from services.accounts.account_lists import lists_of
from services.accounts.effective_terms import Term, effective_terms
from services.accounts.find_collision import name_key
from services.accounts.save_account import account_values
from services.accounts.trunk_ports import trunk_port
from services.store.keyset import Order, Page, Wanted, page_of

PAGE_ROWS_MAX = 500


class SearchField(StrEnum):
    """In which column keywords are looked for (JA-22)."""

    CLIENT = "client"
    ACCOUNT = "account"
    IDENT = "ident"
    TECH_PREFIX = "tech_prefix"
    TAG = "tag"
    PROXY = "proxy"
    ENDPOINT = "endpoint"
    NOTES = "notes"


class AccountState(StrEnum):
    """Active: at least one role is on (JA-14)."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """All of it must hold; deleted accounts are shown only if asked for. `search` looks in one field, else in all."""

    client_id: int | None = None
    search: str | None = None
    search_field: SearchField | None = None
    state: AccountState | None = None
    originators: bool | None = None
    terminators: bool | None = None


@dataclass(frozen=True, slots=True)
class AccountPage:
    rows: list[dict[str, Any]]
    page: Page


def account_list(session: Session, asked: AccountFilter, wanted: Wanted) -> AccountPage:
    """By number, a page at a time."""
    query = select(Account, Client).join(Client, Client.id == Account.client_id).where(*_conditions(asked))
    page = page_of(session, query, Order((Account.__table__.c.id,)), wanted)
    shared = _Shared(session, [(row[0], row[1]) for row in page.rows])
    return AccountPage([_line(row[0], row[1], shared) for row in page.rows], page)


def account_report(session: Session, account_id: int) -> dict[str, Any]:
    """Every field as its form shows it, with what applies and what it carries now; never its password."""
    account = session.get_one(Account, account_id)
    client = session.get_one(Client, account.client_id)
    values = account_values(session, account)
    del values["client_id"]
    line = _line(account, client, _Shared(session, [(account, client)]))
    load = session.get(AccountLoad, account_id)
    return {
        "id": account.id,
        "version": account.version,
        "client": client.name,
        "state": line["state"],
        **{name: getattr(value, "value", value) for name, value in values.items() if not name.endswith("_id")},
        "has_password": account.password_sealed is not None,
        "originator": line["originator"],
        "terminator": line["terminator"],
        "calls_from": load.originating if load else 0,
        "calls_to": load.terminating if load else 0,
        "rested_until": load.rested_until.isoformat() if load and load.rested_until else None,
    }


def account_state(account: Account) -> AccountState:
    if account.deleted_at is not None:
        return AccountState.DELETED
    is_active = account.originator_enabled or account.terminator_enabled
    return AccountState.ACTIVE if is_active else AccountState.INACTIVE


class _Shared:
    """The lists of the accounts of one page, and the names of its tables and plans, read at once."""

    def __init__(self, session: Session, shown: Sequence[tuple[Account, Client]]) -> None:
        self.lists = lists_of(session, [account.id for account, _ in shown])
        terms = [effective_terms(account, client) for account, client in shown]
        self.tables = _by_id(
            session,
            RateTable,
            [term.id for all_ in terms for term in (all_.originator_rate_table, all_.terminator_rate_table)],
        )
        self.plans = _by_id(session, RoutingPlan, [all_.originator_routing_plan.id for all_ in terms])


def _by_id(session: Session, table: Any, ids: Sequence[int | None]) -> dict[int, str]:  # noqa: ANN401 (a table with a name)
    wanted = {row_id for row_id in ids if row_id is not None}
    return {row.id: row.name for row in session.execute(select(table.id, table.name).where(table.id.in_(wanted)))}


def _line(account: Account, client: Client, shared: _Shared) -> dict[str, Any]:
    lists = shared.lists[account.id].texts()
    ident = {"ip": lists["addresses"], "name": account.name, "ani": lists["numbers"]}[account.ident_by.value]
    return {
        "id": account.id,
        "client_id": client.id,
        "client": client.name,
        "account": account.name,
        "state": account_state(account).value,
        "ident_by": account.ident_by.value,
        "ident": ident,
        "tech_prefix": account.tech_prefix or None,
        "gateways": lists["gateways"],
        "endpoint": account.endpoint,
        "originator": _originator(account, client, shared),
        "terminator": _terminator(account, client, shared),
    }


def _originator(account: Account, client: Client, shared: _Shared) -> dict[str, Any] | None:
    """JA-9; None is shown as off."""
    if not account.originator_enabled:
        return None
    terms = effective_terms(account, client)
    return {
        "rate_table": _named(terms.originator_rate_table, shared.tables),
        "routing_plan": _named(terms.originator_routing_plan, shared.plans),
        "tag": account.originator_tag or None,
        "capacity": account.originator_capacity,
    }


def _terminator(account: Account, client: Client, shared: _Shared) -> dict[str, Any] | None:
    """JA-10; None is shown as off."""
    if not account.terminator_enabled:
        return None
    return {
        "rate_table": _named(effective_terms(account, client).terminator_rate_table, shared.tables),
        "tag": account.terminator_tag or None,
        "capacity": account.terminator_capacity,
        "protocol": account.protocol.value,
        "proxy": account.proxy,
        "port": trunk_port(account.protocol, account.port),
    }


def _named(term: Term, names: dict[int, str]) -> dict[str, Any]:
    """With a note where it is the client's (JA-19)."""
    return {"name": None if term.id is None else names.get(term.id), "of": term.whose.value}


def _conditions(asked: AccountFilter) -> list[ColumnElement[bool]]:
    shown = Account.deleted_at.is_(None) if asked.state is None else in_state(asked.state)
    conditions: list[ColumnElement[bool]] = [shown]
    if asked.client_id is not None:
        conditions.append(Account.client_id == asked.client_id)
    for wanted, column in (
        (asked.originators, Account.originator_enabled),
        (asked.terminators, Account.terminator_enabled),
    ):
        if wanted is not None:
            conditions.append(column.is_(wanted))
    if asked.search:
        conditions.append(holds_keyword(asked.search_field, asked.search.strip()))
    return conditions


def in_state(state: AccountState) -> ColumnElement[bool]:
    if state is AccountState.DELETED:
        return Account.deleted_at.is_not(None)
    is_on = or_(Account.originator_enabled, Account.terminator_enabled)
    return and_(Account.deleted_at.is_(None), is_on if state is AccountState.ACTIVE else ~is_on)


def holds_keyword(field: SearchField | None, word: str) -> ColumnElement[bool]:
    """In one field, or in any; a condition on Account joined with its Client."""
    return or_(*(_holds(one, word) for one in ([field] if field else SearchField)))


def _holds(field: SearchField, word: str) -> ColumnElement[bool]:
    """Any part of a text, without case; of an address also the subnet that holds it."""
    columns: dict[SearchField, tuple[Any, ...]] = {
        SearchField.CLIENT: (Client.name,),
        SearchField.ACCOUNT: (Account.name,),
        SearchField.TECH_PREFIX: (Account.tech_prefix, Account.terminator_tech_prefix),
        SearchField.TAG: (Account.originator_tag, Account.terminator_tag),
        SearchField.PROXY: (Account.proxy,),
        SearchField.ENDPOINT: (Account.endpoint,),
        SearchField.NOTES: (Account.notes,),
    }
    if field is SearchField.IDENT:
        return _identified_by(word)
    return or_(*(column.icontains(word, autoescape=True) for column in columns[field]))


def _identified_by(word: str) -> ColumnElement[bool]:
    address = AccountAddress.network.icontains(word, autoescape=True)
    key = address_key(word)
    if key is not None:
        address = or_(address, and_(AccountAddress.first <= key, AccountAddress.last >= key))
    number = and_(AccountNumber.use == NumberUse.IDENTIFIES, AccountNumber.number.contains(word, autoescape=True))
    return or_(
        exists().where(AccountAddress.account_id == Account.id, address),
        exists().where(AccountNumber.account_id == Account.id, number),
        Account.name_key.contains(name_key(word), autoescape=True),
    )
