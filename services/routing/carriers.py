"""The carriers that Asterisk must know: each account with terminator settings switched on."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, Client, TrunkProtocol

DEFAULT_PORT = 5060


@dataclass(frozen=True, slots=True)
class Carrier:
    """Where a carrier's SIP listens, by the name that routes use."""

    endpoint: str
    host: str
    port: int
    protocol: TrunkProtocol


def carriers(session: Session) -> list[Carrier]:
    """In the order of their names; one without an address cannot be dialled and is left out."""
    rows = session.execute(
        select(Account.endpoint, Account.proxy, Account.port, Account.protocol)
        .join(Client, Client.id == Account.client_id)
        .where(Account.terminator_enabled, Client.is_enabled, Account.proxy.is_not(None))
        .order_by(Account.endpoint)
    )
    return [
        Carrier(endpoint, host, port or DEFAULT_PORT, protocol)
        for endpoint, host, port, protocol in rows
        if endpoint is not None and host is not None
    ]
