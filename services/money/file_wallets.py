"""File wallets under the series of their cards: those that an older release made, which did not.

A wallet that somebody has locked is left for the next step: no call waits for this one, and this one for no call.
"""

from typing import Final

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from models import Card, Wallet, WalletKind

WALLETS_A_STEP: Final = 1_000
UNFILED: Final = and_(Wallet.series_id.is_(None), Wallet.kind == WalletKind.CARD)


def file_wallets(session: Session, most: int = WALLETS_A_STEP) -> int:
    """How many were filed; 0: all are, or those left are locked. One without a card, left by a hand, stays."""
    some = select(Wallet.id).join(Card, Card.wallet_id == Wallet.id).where(UNFILED).order_by(Wallet.id).limit(most)
    ids = session.scalars(some.with_for_update(of=Wallet, key_share=True, skip_locked=True)).all()
    if ids:
        series = select(Card.series_id).where(Card.wallet_id == Wallet.id).scalar_subquery()
        filed = update(Wallet).where(Wallet.id.in_(ids)).values(series_id=series)
        session.execute(filed, execution_options={"synchronize_session": False})
    return len(ids)


def are_wallets_filed(session: Session) -> bool:
    return session.scalars(select(Wallet.id).where(UNFILED).order_by(Wallet.id).limit(1)).first() is None
