"""The balance of a stored wallet as it was right after one of its ledger rows."""

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from models import LedgerEntry, Wallet

NEWEST = 2**62  # after every row that is and will be


def balance_after(session: Session, wallet_id: int, entry_id: int = NEWEST) -> int:
    """Opening value and all rows up to this one. A row is written while its wallet is locked, so that the rows of one
    wallet stand in the order in which they moved it.
    """
    opening = select(Wallet.opening_micros).where(Wallet.id == wallet_id)
    signed = case((LedgerEntry.destination_wallet_id == wallet_id, 1), else_=-1) * LedgerEntry.amount_micros
    moved = select(func.coalesce(func.sum(signed), 0)).where(is_side(wallet_id), LedgerEntry.id <= entry_id)
    return int(session.scalars(opening).one()) + int(session.scalars(moved).one())


def is_side(wallet_id: int) -> ColumnElement[bool]:
    """The rows that moved this wallet."""
    return (LedgerEntry.source_wallet_id == wallet_id) | (LedgerEntry.destination_wallet_id == wallet_id)
