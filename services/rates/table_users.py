"""Who uses a rate table, and in which currency each of them calculates."""

from dataclasses import dataclass

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from models import Account, CardGroup, CardSeries, Client, RateTable, Wallet

NAMED_MAX = 5  # in a sentence


@dataclass(frozen=True, slots=True)
class TableUser:
    """`what` as a sentence names it: "series 4", "the client Alpha"."""

    what: str
    currency: str


def table_users(session: Session, table_id: int) -> list[TableUser]:
    """Series (a deleted one may come back), clients and accounts, those of deleted clients left out."""
    return [*_series(session, table_id), *_clients(session, table_id), *_accounts(session, table_id)]


def told_users(users: list[TableUser]) -> str:
    """Their names for a sentence; of many only the first."""
    named = ", ".join(user.what for user in users[:NAMED_MAX])
    return named if len(users) <= NAMED_MAX else f"{named} and {len(users) - NAMED_MAX} more"


def rate_table_problem(session: Session, table_id: int, currency: str, whose: str) -> str | None:
    """Why `whose` (such as "the client Alpha"), who calculates in `currency`, cannot use this table; None if it can."""
    table = session.execute(
        select(RateTable.name, RateTable.currency, RateTable.is_deleted).where(RateTable.id == table_id)
    ).one_or_none()
    if table is None:
        return "There is no such rate table: choose one that exists."
    if table.is_deleted:
        return f"The rate table {table.name} is deleted: choose another one."
    if table.currency != currency:
        return (
            f"The rate table {table.name} is in {table.currency}, {whose} in {currency}: choose a table in {currency}."
        )
    return None


def _series(session: Session, table_id: int) -> list[TableUser]:
    query = (
        select(CardSeries.number, CardGroup.currency)
        .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
        .where(CardSeries.rate_table_id == table_id)
    )
    return [
        TableUser(f"series {number}", currency)
        for number, currency in session.execute(query.order_by(CardSeries.number))
    ]


def _clients(session: Session, table_id: int) -> list[TableUser]:
    uses = (Client.originator_rate_table_id == table_id) | (Client.terminator_rate_table_id == table_id)
    query = select(Client.name, Wallet.currency).select_from(Client).join(Wallet, Wallet.id == Client.wallet_id)
    rows = session.execute(query.where(uses, Client.deleted_at.is_(None)).order_by(Client.name))
    return [TableUser(f"the client {name}", currency) for name, currency in rows]


def _accounts(session: Session, table_id: int) -> list[TableUser]:
    uses = (Account.originator_rate_table_id == table_id) | (Account.terminator_rate_table_id == table_id)
    query = (
        select(Client.name + literal("/") + Account.name, Wallet.currency)
        .select_from(Account)
        .join(Client, Client.id == Account.client_id)
        .join(Wallet, Wallet.id == Client.wallet_id)
        .where(uses, Account.deleted_at.is_(None), Client.deleted_at.is_(None))
    )
    rows = session.execute(query.order_by(Client.name, Account.name))
    return [TableUser(f"the account {name}", currency) for name, currency in rows]
