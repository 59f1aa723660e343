"""The accounts that take calls through each gateway only: how many they are, and the first of them by name."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Account, AccountGateway, Client

SHOWN_MAX = 20  # of one gateway: a page names them, it is no list of accounts


@dataclass(frozen=True, slots=True)
class GatewayUser:
    """Accounts are unique within their client only, so it is named too."""

    account_id: int
    account: str
    client: str


def gateway_users(session: Session) -> dict[int, list[GatewayUser]]:
    """By the gateway's id, at most SHOWN_MAX each."""
    place = func.row_number().over(partition_by=AccountGateway.gateway_id, order_by=(Client.name, Account.name))
    ranked = (
        select(AccountGateway.gateway_id, Account.id, Account.name, Client.name.label("client"), place.label("place"))
        .join(Account, Account.id == AccountGateway.account_id)
        .join(Client, Client.id == Account.client_id)
        .where(Account.deleted_at.is_(None))
        .subquery()
    )
    found: dict[int, list[GatewayUser]] = defaultdict(list)
    columns = (ranked.c.gateway_id, ranked.c.id, ranked.c.name, ranked.c.client)
    query = select(*columns).where(ranked.c.place <= SHOWN_MAX).order_by(ranked.c.place)
    for gateway_id, account_id, account, client in session.execute(query):
        found[gateway_id].append(GatewayUser(account_id, account, client))
    return dict(found)
