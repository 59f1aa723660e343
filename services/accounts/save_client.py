"""Create or change a client: a company with one wallet, and what holds for its accounts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from billing.money import CurrencyUnknown, minor_digits, text_from_micros
from models import Account, Client, Wallet, WalletKind
from services.accounts.account_locks import hold_tables
from services.accounts.check_choices import TABLES, choice_problems
from services.accounts.client_fields import CLIENT_FIELDS
from services.accounts.effective_terms import chosen_term
from services.audit.audit import Act, Actor, note
from services.money.house_wallets import open_house
from services.routing.deck_revision import touch_deck
from services.store.fields import FieldsRefused, checked_values
from services.store.version_check import checked_version
from services.store.write_guarded import write_guarded

OF_WALLET = ("currency", "credit_limit_micros")
COLUMNS = tuple(field.name for field in CLIENT_FIELDS if field.name not in OF_WALLET)
# What an account may take from its client, and the switch of the account for which it must be there.
RELIED_ON = (
    ("originator_rate_table_id", Account.originator_enabled, "rate table for its calls"),
    ("originator_routing_plan_id", Account.originator_enabled, "routing plan"),
    ("terminator_rate_table_id", Account.terminator_enabled, "rate table for calls that it takes"),
)


@dataclass(frozen=True, slots=True)
class SavedClient:
    id: int
    version: int


def create_client(session: Session, values: Mapping[str, Any], actor: Actor, now: datetime) -> SavedClient:
    """Name and currency are needed; the wallet begins with 0."""
    checked = checked_values(CLIENT_FIELDS, values, is_new=True)
    missing = {name: f"The {name} is needed." for name in ("name", "currency") if not checked.get(name)}
    problems = missing or _currency(checked["currency"])
    if problems:
        raise FieldsRefused(problems)
    client = {"credit_limit_micros": 0, **checked}
    _check_choices(session, client, client["currency"])
    money = {name: client[name] for name in OF_WALLET}
    wallet_id = session.scalars(insert(Wallet).values(kind=WalletKind.CLIENT, **money).returning(Wallet.id)).one()
    row = {name: value for name, value in client.items() if name in COLUMNS}
    made = insert(Client).values(**row, wallet_id=wallet_id).returning(Client.id)
    client_id: int = write_guarded(session, made, _taken(client["name"]))
    open_house(session, client["currency"])
    note(session, actor, Act("client.created", "client", str(client_id), after=client), now)
    touch_deck(session)
    return SavedClient(client_id, 1)


def update_client(
    session: Session, client_id: int, version: int | None, changes: Mapping[str, Any], actor: Actor, now: datetime
) -> SavedClient:
    """What is not named stays. A table or plan on which an account relies is not taken away, and a credit limit not
    below what the client owes.
    """
    client = usable_client(session, client_id, version)
    before = client_values(session, client)
    checked = checked_values(CLIENT_FIELDS, changes, is_new=False)
    changed = {name: value for name, value in checked.items() if value != before[name]}
    if not changed:
        return SavedClient(client_id, client.version)
    _check_choices(session, changed, before["currency"])
    _check_accounts(session, client_id, {**before, **changed})
    if "credit_limit_micros" in changed:
        _set_credit_limit(session, client, changed["credit_limit_micros"], before["currency"])
    row = {name: value for name, value in changed.items() if name in COLUMNS}
    save = update(Client).where(Client.id == client_id).values(**row, version=Client.version + 1)
    new_version: int = write_guarded(session, save.returning(Client.version), _taken(changed.get("name", client.name)))
    old = {name: before[name] for name in changed}
    note(session, actor, Act("client.changed", "client", str(client_id), old, changed), now)
    touch_deck(session)
    return SavedClient(client_id, new_version)


def client_values(session: Session, client: Client) -> dict[str, Any]:
    """Every field as the form shows it."""
    query = select(Wallet.currency, Wallet.credit_limit_micros).where(Wallet.id == client.wallet_id)
    currency, credit_limit_micros = session.execute(query).one()
    money = {"currency": currency, "credit_limit_micros": credit_limit_micros}
    return {**{name: getattr(client, name) for name in COLUMNS}, **money}


def usable_client(session: Session, client_id: int, version: int | None) -> Client:
    """The client, locked until the end of the transaction; a deleted one is not changed any more."""
    client = checked_version(session, Client, client_id, version)
    if client.deleted_at is not None:
        raise FieldsRefused({"": f"The client {client.name} is deleted: create another one."})
    return client


def _currency(currency: str) -> dict[str, str]:
    try:
        minor_digits(currency)
    except CurrencyUnknown as unknown:
        return {"currency": str(unknown)}
    return {}


def _check_choices(session: Session, values: Mapping[str, Any], currency: str) -> None:
    hold_tables(session, (values.get(name) for name in TABLES))
    problems = choice_problems(session, values, currency)
    if problems:
        raise FieldsRefused(problems)


def _check_accounts(session: Session, client_id: int, values: Mapping[str, Any]) -> None:
    """An account that relies on its client must still find what it needs."""
    problems = {}
    for name, is_on, told in RELIED_ON:
        if chosen_term(None, values[name]).id is not None:
            continue
        relies = select(Account.name).where(Account.client_id == client_id, is_on, Account.deleted_at.is_(None))
        first = session.scalars(relies.where(getattr(Account, name).is_(None)).order_by(Account.name)).first()
        if first is not None:
            problems[name] = f"The account {first} has no {told} of its own: give it one first, or switch it off."
    if problems:
        raise FieldsRefused(problems)


def _set_credit_limit(session: Session, client: Client, limit_micros: int, currency: str) -> None:
    """One statement judges and writes: a call that is authorised meanwhile is counted."""
    wallet = Wallet.id == client.wallet_id
    enough = Wallet.balance_micros - Wallet.held_micros >= -limit_micros
    lowered = update(Wallet).where(wallet, enough).values(credit_limit_micros=limit_micros).returning(Wallet.id)
    if session.scalars(lowered).one_or_none() is None:
        used = session.scalars(select(Wallet.held_micros - Wallet.balance_micros).where(wallet)).one()
        raise FieldsRefused(
            {
                "credit_limit_micros": f"{client.name} uses {text_from_micros(used)} {currency} of its credit now: set "
                "the limit to that or more, or book its payment first."
            }
        )


def _taken(name: str) -> dict[str, str]:
    return {"uq_client_name": f"There is, or was, a client {name} already: choose another name."}
