"""Vouchers: codes that add credit to a rechargeable card, each redeemed once."""

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing.states import VoucherStatus
from models.base import Base, Currency, Id, Micros, Moment, Name, reference, word


class VoucherBatch(Base):
    """Vouchers of one value made together; `made_at` is empty while they are being made, and then none can be
    redeemed. It stays empty where the making was cancelled: its rows stay (docs/decisions/0030).
    """

    __tablename__ = "voucher_batch"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("value_micros > 0", "value_positive"),
        CheckConstraint("quantity BETWEEN 1 AND 1000000", "quantity_in_range"),
        CheckConstraint("code_length BETWEEN 12 AND 16", "code_length_in_range"),
    )

    id: Mapped[Id]
    name: Mapped[Name]
    currency: Mapped[Currency]
    value_micros: Mapped[Micros]
    quantity: Mapped[int]
    code_length: Mapped[int] = mapped_column(default=14)
    expires_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
    made_at: Mapped[Moment | None]
    cancelled_at: Mapped[Moment | None]


class Voucher(Base):
    """Like a PIN, the code is a keyed digest and an encrypted copy."""

    __tablename__ = "voucher"
    __table_args__ = (
        UniqueConstraint("code_digest"),
        UniqueConstraint("batch_id", "serial"),
        Index("ix_voucher_status", "batch_id", "status", "serial"),
        CheckConstraint("length(code_digest) = 32", "code_digest_length"),
        CheckConstraint("(status = 'redeemed') = (redeemed_at IS NOT NULL)", "redemption_dated"),
    )

    id: Mapped[Id]
    batch_id: Mapped[int] = reference("voucher_batch.id")
    serial: Mapped[int]
    code_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    code_encrypted: Mapped[bytes | None] = mapped_column(LargeBinary(64))
    code_key: Mapped[int] = mapped_column(default=1)
    status: Mapped[VoucherStatus] = mapped_column(word(VoucherStatus), default=VoucherStatus.READY)
    redeemed_at: Mapped[Moment | None]
    redeemed_card_id: Mapped[int | None] = reference("card.id", index=True)
    blocked_reason: Mapped[str | None] = mapped_column(String(500))
