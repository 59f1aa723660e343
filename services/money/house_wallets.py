"""The house: the wallets on the other side of every movement, one of each kind for each currency."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Wallet, WalletKind
from models.wallet import HOUSE_KINDS
from services.store.upsert import insert_or_skip


def house_wallets(session: Session) -> dict[tuple[str, str], int]:
    """The id of each house wallet by (kind, currency)."""
    query = select(Wallet.kind, Wallet.currency, Wallet.id).where(Wallet.kind.in_(HOUSE_KINDS))
    return {(kind.value, currency): wallet_id for kind, currency, wallet_id in session.execute(query)}


def open_house(session: Session, currency: str) -> None:
    """Make the house wallets of a currency; those that exist stay."""
    for kind in HOUSE_KINDS:
        insert_or_skip(session, Wallet, kind=WalletKind(kind), currency=currency)
