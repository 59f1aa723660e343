"""Wallets: who holds money. Cards and clients carry a running balance; the house does not."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Currency, Id, Micros, word


class WalletKind(StrEnum):
    CARD = "card"
    CLIENT = "client"
    PAYMENTS = "payments"
    CALL_REVENUE = "call_revenue"
    FEE_REVENUE = "fee_revenue"
    TAX = "tax"
    ADJUSTMENTS = "adjustments"
    EXPIRED_VALUE = "expired_value"


HOUSE_KINDS = tuple(kind for kind in WalletKind if kind not in (WalletKind.CARD, WalletKind.CLIENT))
STORED = "kind IN ('card', 'client')"
UNFILED = "series_id IS NULL AND kind = 'card'"


class Wallet(Base):
    """available = balance_micros - held_micros + credit_limit_micros, never below 0.

    A house wallet keeps no running balance (every settlement would wait for that one row): its side is summed from
    the ledger.
    `open_holds` counts the open holds, so that the limit of calls at once is judged by the same UPDATE that holds
    the money.
    `series_id` is that of the wallet's card, kept here for an index with the balance: empty for whoever has none, and
    for a wallet of an older release until it is filed (services/money/file_wallets.py).
    """

    __tablename__ = "wallet"
    __table_args__ = (
        CheckConstraint("held_micros >= 0", "held_not_negative"),
        CheckConstraint("open_holds >= 0", "open_holds_not_negative"),
        CheckConstraint("credit_limit_micros >= 0", "credit_not_negative"),
        CheckConstraint("balance_micros - held_micros >= -credit_limit_micros", "never_overdrawn"),
        CheckConstraint(
            f"{STORED} OR (opening_micros = 0 AND balance_micros = 0 AND held_micros = 0)", "house_stores_none"
        ),
        Index("ix_wallet_balance_id", "balance_micros", "id"),
        Index(
            "ix_wallet_series_balance",
            "series_id",
            "balance_micros",
            "id",
            sqlite_where=text("series_id IS NOT NULL"),
            postgresql_where=text("series_id IS NOT NULL"),
        ),
        Index("ix_wallet_unfiled", "id", sqlite_where=text(UNFILED), postgresql_where=text(UNFILED)),
        Index(
            "uq_wallet_house",
            "kind",
            "currency",
            unique=True,
            sqlite_where=text(f"NOT ({STORED})"),
            postgresql_where=text(f"NOT ({STORED})"),
        ),
    )

    id: Mapped[Id]
    kind: Mapped[WalletKind] = mapped_column(word(WalletKind))
    currency: Mapped[Currency]
    opening_micros: Mapped[Micros]
    balance_micros: Mapped[Micros]
    held_micros: Mapped[Micros]
    open_holds: Mapped[int] = mapped_column(default=0)
    credit_limit_micros: Mapped[Micros]
    series_id: Mapped[int | None]
