"""The carriers that Asterisk must know: each account with terminator settings switched on (JA-43 to JA-49)."""

from dataclasses import dataclass, field

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from models import Account, CallerIdMode, Client, IdentBy, TrunkProtocol
from services.accounts.sealed_password import open_password
from services.keys.pin_keys import PinKeys

# It logs in to us and says where it is; without a password anyone could, so nobody can.
IS_FOUND_BY_LOGIN = and_(
    Account.terminator_enabled,
    Account.proxy.is_(None),
    Account.ident_by == IdentBy.NAME,
    Account.protocol != TrunkProtocol.IAX2,
    Account.password_sealed.is_not(None),
)


@dataclass(frozen=True, slots=True)
class Carrier:
    """Where a carrier listens, by the name that routes use, and as whom we log in there. No port: the protocol's. No
    host: it is where the login `found_as` has registered with us.
    """

    account_id: int
    endpoint: str
    host: str
    port: int | None
    protocol: TrunkProtocol
    login: str
    password: str = field(repr=False)
    registers: bool
    shows_caller: bool
    found_as: str = ""


def carriers(session: Session, keys: PinKeys) -> list[Carrier]:
    """In the order of their names; one without an address cannot be dialled, unless it can register with us, and is
    left out.
    """
    query = (
        select(Account)
        .join(Client, Client.id == Account.client_id)
        .where(Account.terminator_enabled, Client.is_enabled, or_(Account.proxy.is_not(None), IS_FOUND_BY_LOGIN))
        .where(Account.deleted_at.is_(None), Client.deleted_at.is_(None))
        .order_by(Account.endpoint)
    )
    return [_carrier(account, keys) for account in session.scalars(query)]


def _carrier(account: Account, keys: PinKeys) -> Carrier:
    sealed = account.password_sealed
    found_as = account.name if account.proxy is None else ""
    return Carrier(
        found_as=found_as,
        account_id=account.id,
        endpoint=account.endpoint or "",
        host=account.proxy or "",
        port=account.port,
        protocol=account.protocol,
        login=account.name if sealed and not found_as else "",
        password=open_password(keys, account.id, sealed) if sealed and not found_as else "",
        registers=account.registers,
        shows_caller=account.caller_id_mode is not CallerIdMode.WITHHELD,
    )
