"""An account that sends calls, with its client and wallet, read by one statement: all on which its calls rest."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from models import Account, AccountLoad, Client, Wallet
from services.store.run import run


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Its own rate table and routing plan come before its client's (JA-39, JA-40). Balances are as of the moment of
    reading; only a hold says what can be spent.
    """

    account_id: int
    name: str
    is_enabled: bool
    client_id: int
    client_name: str
    rate_table_id: int | None
    routing_plan_id: int | None
    tax_profile_id: int | None
    tag: str
    tech_prefix: str
    capacity: int | None
    calls_up: int
    wallet_id: int
    currency: str
    balance_micros: int
    held_micros: int
    credit_limit_micros: int

    @property
    def lines_left(self) -> int | None:
        """How many calls more may begin; None: no limit."""
        return None if self.capacity is None else max(0, self.capacity - self.calls_up)

    @property
    def available_micros(self) -> int:
        return self.balance_micros - self.held_micros + self.credit_limit_micros


ACCOUNT_QUERY = (
    select(
        Account.id,
        Account.name,
        and_(Account.originator_enabled, Client.is_enabled, Account.deleted_at.is_(None), Client.deleted_at.is_(None)),
        Client.id,
        Client.name,
        func.coalesce(Account.originator_rate_table_id, Client.originator_rate_table_id),
        func.coalesce(Account.originator_routing_plan_id, Client.originator_routing_plan_id),
        Client.tax_profile_id,
        Account.originator_tag,
        Account.tech_prefix,
        Account.originator_capacity,
        func.coalesce(AccountLoad.originating, 0),
        Wallet.id,
        Wallet.currency,
        Wallet.balance_micros,
        Wallet.held_micros,
        Wallet.credit_limit_micros,
    )
    .join(Client, Client.id == Account.client_id)
    .join(Wallet, Wallet.id == Client.wallet_id)
    .outerjoin(AccountLoad, AccountLoad.account_id == Account.id)
)
ACCOUNT_BY_ID = ACCOUNT_QUERY.where(Account.id == bindparam("account"))


def get_account(session: Session, account_id: int) -> AccountFacts:
    """The account of an id that the database gave; its row is never erased."""
    columns: list[Any] = list(run(session, ACCOUNT_BY_ID, {"account": account_id}).one())
    columns[2] = bool(columns[2])
    return AccountFacts(*columns)
