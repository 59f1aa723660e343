"""The ledger: each movement of money is one row, inserted once and never changed (a trigger refuses UPDATE and
DELETE).
"""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Micros, Moment, reference, word


class LedgerKind(StrEnum):
    """What a movement is for. The first seven are the lines of a call's charge, by the names of
    billing.rating.ChargeKind.
    """

    CALL = "call"
    CONNECT_FEE = "connect_fee"
    BLOCK_FEE = "block_fee"
    DISCONNECT_FEE = "disconnect_fee"
    ACCESS_SURCHARGE = "access_surcharge"
    TAX = "tax"
    ACTIVATION_FEE = "activation_fee"
    MAINTENANCE_FEE = "maintenance_fee"
    RECHARGE = "recharge"
    ADJUSTMENT = "adjustment"
    TRANSFER = "transfer"
    LAPSE = "lapse"
    REVERSAL = "reversal"


class LedgerEntry(Base):
    """`amount_micros` moves from the source wallet to the destination wallet. `reference` is built from facts (the
    call id, card and period, the token of a form), so that a repeat meets the unique key and moves nothing.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("kind", "reference"),
        Index("ix_ledger_entry_created", "created_at", "id"),
        Index("ix_ledger_entry_reference", "reference"),
        CheckConstraint("amount_micros > 0", "amount_positive"),
        CheckConstraint("source_wallet_id <> destination_wallet_id", "two_sides"),
    )

    id: Mapped[Id]
    source_wallet_id: Mapped[int] = reference("wallet.id", index=True)
    destination_wallet_id: Mapped[int] = reference("wallet.id", index=True)
    amount_micros: Mapped[Micros]
    kind: Mapped[LedgerKind] = mapped_column(word(LedgerKind))
    reference: Mapped[str] = mapped_column(String(120))
    call_id: Mapped[str | None] = mapped_column(String(80), index=True)
    created_at: Mapped[Moment]
    actor: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str | None] = mapped_column(String(500))
