"""Create or change an account: checked as a whole, refused where it could be mistaken for another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from models import Account, Client, IdentBy, Wallet
from services.accounts.account_fields import ACCOUNT_FIELDS, LISTS, NEVER_EMPTY
from services.accounts.account_lists import AccountLists, lists_from, store_lists, stored_lists
from services.accounts.account_locks import hold_tables, lock_client, lock_identities
from services.accounts.check_account import account_problems, registers_with_us
from services.accounts.check_choices import TABLES, choice_problems
from services.accounts.endpoint_name import endpoint_problem, new_endpoint
from services.accounts.find_collision import collision, identity_of, name_key
from services.audit.audit import Act, Actor, note
from services.routing.deck_revision import touch_deck
from services.store.fields import FieldsRefused, checked_values
from services.store.version_check import checked_version
from services.store.write_guarded import write_guarded

COLUMNS = tuple(field.name for field in ACCOUNT_FIELDS if field.name not in LISTS)
DEFAULTS: dict[str, Any] = {
    **dict.fromkeys(field.name for field in ACCOUNT_FIELDS),
    **{
        name: column.default.arg
        for name in COLUMNS
        if (column := Account.__table__.c[name]).default is not None and column.default.is_scalar
    },
}


@dataclass(frozen=True, slots=True)
class SavedAccount:
    id: int
    version: int
    endpoint: str


def create_account(session: Session, values: Mapping[str, Any], actor: Actor, now: datetime) -> SavedAccount:
    """Client and name are needed; everything else has its default. Both roles are off unless they are asked for."""
    lock_identities(session)
    checked = checked_values(ACCOUNT_FIELDS, values, is_new=True)
    missing = {name: f"The {told} is needed." for name, told in NEEDED if not checked.get(name)}
    if missing:
        raise FieldsRefused(missing)
    account, lists = _complete(session, {**DEFAULTS, **checked}, checked)
    client = _usable_client(session, account["client_id"])
    hold_tables(session, (account[name] for name in TABLES))
    _check(session, account, lists, client, None)
    account["endpoint"] = _endpoint(session, account, client)
    made = insert(Account).values(_row(account)).returning(Account.id)
    account_id: int = write_guarded(session, made, _taken(account["name"], client))
    store_lists(session, account_id, lists)
    note(session, actor, Act("account.created", "account", str(account_id), after=_told(account)), now)
    touch_deck(session)
    return SavedAccount(account_id, 1, account["endpoint"])


def update_account(
    session: Session, account_id: int, version: int | None, changes: Mapping[str, Any], actor: Actor, now: datetime
) -> SavedAccount:
    """What is not named stays; saved as a whole or not at all. `version` is the one on the operator's screen."""
    lock_identities(session)
    row = usable_account(session, account_id, version)
    before = account_values(session, row)
    checked = checked_values(ACCOUNT_FIELDS, changes, is_new=False)
    account, lists = _complete(session, {**before, **checked}, checked)
    changed = {name: value for name, value in account.items() if value != before[name]}
    saved = SavedAccount(account_id, row.version, str(row.endpoint))
    if not changed:
        return saved
    client = _usable_client(session, row.client_id)
    hold_tables(session, (changed.get(name) for name in TABLES))
    _check(session, account, lists, client, account_id)
    save = update(Account).where(Account.id == account_id).values(**_row(account), version=Account.version + 1)
    new_version: int = write_guarded(session, save.returning(Account.version), _taken(account["name"], client))
    if any(name in changed for name in LISTS):
        store_lists(session, account_id, lists)
    old = _told({name: before[name] for name in changed})
    note(session, actor, Act("account.changed", "account", str(account_id), old, _told(changed)), now)
    touch_deck(session)
    return SavedAccount(account_id, new_version, saved.endpoint)


def account_values(session: Session, account: Account) -> dict[str, Any]:
    """Every field as the form shows it."""
    columns = {name: getattr(account, name) for name in COLUMNS}
    empty = {name: columns[name] or None for name in NEVER_EMPTY}
    return {**columns, **empty, **stored_lists(session, account.id).texts()}


def usable_account(session: Session, account_id: int, version: int | None) -> Account:
    """The account, locked until the end of the transaction; a deleted one is not changed any more."""
    account = checked_version(session, Account, account_id, version)
    if account.deleted_at is not None:
        raise FieldsRefused({"": f"The account {account.name} is deleted: create another one."})
    return account


NEEDED = (("client_id", "client"), ("name", "name"))


def _complete(
    session: Session, account: dict[str, Any], given: Mapping[str, Any]
) -> tuple[dict[str, Any], AccountLists]:
    """The whole account with its lists in one spelling; an empty word is None, as in the form."""
    lists, problems = lists_from(session, account)
    if problems:
        raise FieldsRefused(problems)
    spelled = {name: text for name, text in lists.texts().items() if name in given}
    return {**account, **{name: account[name] or None for name in NEVER_EMPTY}, **spelled}, lists


def _usable_client(session: Session, client_id: int) -> Client:
    client = lock_client(session, client_id)
    if client is None or client.deleted_at is not None:
        raise FieldsRefused({"client_id": "There is no such client (any more): choose one that exists."})
    return client


def _check(
    session: Session, account: Mapping[str, Any], lists: AccountLists, client: Client, account_id: int | None
) -> None:
    currency = session.scalars(select(Wallet.currency).where(Wallet.id == client.wallet_id)).one()
    problems = choice_problems(session, account, currency) | account_problems(account, lists, client)
    if not problems and (account["originator_enabled"] or registers_with_us(account)):
        found = collision(session, identity_of(account, lists), account_id)
        problems |= {"": found} if found else {}
    if problems:
        raise FieldsRefused(problems)


def _endpoint(session: Session, account: Mapping[str, Any], client: Client) -> str:
    given: str | None = account["endpoint"]
    if given is None:
        return new_endpoint(session, client.name, account["name"])
    problem = endpoint_problem(session, given)
    if problem is not None:
        raise FieldsRefused({"endpoint": problem})
    return given


def _row(account: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the table."""
    row = {name: account[name] for name in COLUMNS}
    is_login = account["ident_by"] == IdentBy.NAME
    words = {name: account[name] or "" for name in NEVER_EMPTY}
    return {**row, **words, "name_key": name_key(account["name"]) if is_login else None}


def _taken(name: str, client: Client) -> dict[str, str]:
    return {
        "uq_account_client_id": f"{client.name} has, or had, an account {name} already: choose another name.",
        "uq_account_endpoint": "Another account has this endpoint: choose another one.",
    }


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: getattr(value, "value", value) for name, value in values.items()}
