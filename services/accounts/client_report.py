"""Clients in plain words, for the command line and for pages."""

from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from models import Account, Client, RateTable, RoutingPlan, TaxProfile, Wallet
from services.accounts.save_client import client_values

ROWS_SHOWN_MAX = 1_000


def client_list(session: Session, *, search: str | None = None, with_deleted: bool = False) -> list[dict[str, Any]]:
    """By name, with the figures of the wallet and the number of accounts."""
    counted = (
        select(Account.client_id, func.count().label("accounts"))
        .where(Account.deleted_at.is_(None))
        .group_by(Account.client_id)
        .subquery()
    )
    conditions: list[ColumnElement[bool]] = [] if with_deleted else [Client.deleted_at.is_(None)]
    if search:
        conditions.append(Client.name.icontains(search, autoescape=True))
    query = (
        select(Client, Wallet, func.coalesce(counted.c.accounts, 0))
        .join(Wallet, Wallet.id == Client.wallet_id)
        .outerjoin(counted, counted.c.client_id == Client.id)
        .where(*conditions)
        .order_by(Client.name)
        .limit(ROWS_SHOWN_MAX)
    )
    return [_line(row) for row in session.execute(query)]


def find_client_report(session: Session, name: str) -> dict[str, Any] | None:
    """Every setting by its field, choices by their names, and the wallet."""
    client = session.scalars(select(Client).where(Client.name == name)).one_or_none()
    return None if client is None else client_report(session, client)


def client_report(session: Session, client: Client) -> dict[str, Any]:
    wallet = session.get_one(Wallet, client.wallet_id)
    values = client_values(session, client)
    chosen = {
        field.removesuffix("_id"): _name(session, table, values.pop(field))
        for field, table in (
            ("originator_rate_table_id", RateTable),
            ("originator_routing_plan_id", RoutingPlan),
            ("terminator_rate_table_id", RateTable),
            ("tax_profile_id", TaxProfile),
        )
    }
    accounts = select(Account.name).where(Account.client_id == client.id, Account.deleted_at.is_(None))
    return {
        "id": client.id,
        "version": client.version,
        "state": client_state(client),
        **values,
        **chosen,
        **wallet_figures(wallet),
        "accounts": list(session.scalars(accounts.order_by(Account.name))),
    }


def wallet_figures(wallet: Wallet) -> dict[str, Any]:
    """Prepaid: without a credit limit."""
    return {
        "pays": "postpaid" if wallet.credit_limit_micros else "prepaid",
        "balance_micros": wallet.balance_micros,
        "held_micros": wallet.held_micros,
        "available_micros": wallet.balance_micros - wallet.held_micros + wallet.credit_limit_micros,
        "calls": wallet.open_holds,
    }


def client_state(client: Client) -> str:
    if client.deleted_at is not None:
        return "deleted"
    return "enabled" if client.is_enabled else "disabled"


def _line(row: Row[Client, Wallet, int]) -> dict[str, Any]:
    client, wallet, accounts = row
    return {
        "id": client.id,
        "name": client.name,
        "state": client_state(client),
        "currency": wallet.currency,
        "credit_limit_micros": wallet.credit_limit_micros,
        **wallet_figures(wallet),
        "accounts": accounts,
    }


def _name(session: Session, table: Any, row_id: int | None) -> str | None:  # noqa: ANN401 (a table with a name)
    name: str | None = session.scalars(select(table.name).where(table.id == row_id)).one_or_none()
    return name
