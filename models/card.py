"""Cards. The number is public; only the PIN protects a card, so the PIN stands here as a keyed digest and an
encrypted copy.
"""

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.states import CardStatus, ExpiryGivenBy
from models.base import Base, Id, Moment, reference, word


class Card(Base):
    """`number` holds the digits without the dash: series number and nine digits of serial.

    `pin_digest` finds a card by its PIN (HMAC-SHA256); `pin_key` names the key of digest and encrypted copy.
    `expires_at` is the first moment at which the card is expired; `grace_ends_at` the first at which its balance
    lapses.
    """

    __tablename__ = "card"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("pin_digest"),
        UniqueConstraint("series_id", "serial"),
        UniqueConstraint("wallet_id"),
        CheckConstraint("serial BETWEEN 0 AND 999999999", "serial_in_range"),
        CheckConstraint("length(pin_digest) = 32", "pin_digest_length"),
        CheckConstraint("pin_failures >= 0", "pin_failures_not_negative"),
        CheckConstraint(
            "(status IN ('inactive', 'pending')) = (activated_at IS NULL) OR status IN ('expired', 'blocked')",
            "activation_dated",
        ),
        CheckConstraint(
            "maintenance_periods_done >= maintenance_periods_before AND maintenance_periods_before >= 0",
            "maintenance_periods_not_negative",
        ),
        Index("ix_card_series_status", "series_id", "status"),
        Index("ix_card_expires", "expires_at"),
        Index("ix_card_status", "status", "id"),
        *(
            Index(
                name,
                *columns,
                sqlite_where=text("distributor_id IS NOT NULL"),
                postgresql_where=text("distributor_id IS NOT NULL"),
            )
            for name, *columns in (
                ("ix_card_distributor", "distributor_id", "series_id", "serial"),
                ("ix_card_distributor_status", "distributor_id", "series_id", "status", "serial"),
            )
        ),
    )

    id: Mapped[Id]
    series_id: Mapped[int] = reference("card_series.id")
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(String(18))
    pin_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    pin_encrypted: Mapped[bytes | None] = mapped_column(LargeBinary(64))
    pin_key: Mapped[int] = mapped_column(default=1)
    status: Mapped[CardStatus] = mapped_column(word(CardStatus))
    status_before: Mapped[CardStatus | None] = mapped_column(word(CardStatus, name="cardstatus_before"))
    wallet_id: Mapped[int] = reference("wallet.id")
    language: Mapped[str | None] = mapped_column(String(8))
    released_at: Mapped[Moment | None]
    sold_at: Mapped[Moment | None]
    sold_to: Mapped[str | None] = mapped_column(String(120))
    distributor_id: Mapped[int | None] = reference("distributor.id")
    status_reason: Mapped[str | None] = mapped_column(String(500))
    replaced_by_card_id: Mapped[int | None] = reference("card.id")
    # Number of maintenance periods that are booked or were not owed; the next one to book is this one plus one.
    maintenance_periods_done: Mapped[int] = mapped_column(default=0)
    # When the hours of the fee's period change, its clock starts again here, with so many periods counted before.
    maintenance_since: Mapped[Moment | None]
    maintenance_periods_before: Mapped[int] = mapped_column(default=0)
    activated_at: Mapped[Moment | None]
    expires_at: Mapped[Moment | None]
    grace_ends_at: Mapped[Moment | None]
    # Empty: the date is the one of the series' rules, and follows them when they change.
    expiry_given_by: Mapped[ExpiryGivenBy | None] = mapped_column(word(ExpiryGivenBy))
    pin_failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[Moment | None]
