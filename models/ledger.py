"""The ledger: each movement of money is one row, inserted once and never changed (a trigger refuses UPDATE and
DELETE).
"""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
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


PLACE = ("created_at", "id")
PAYMENT = "kind IN ('adjustment', 'recharge', 'reversal', 'transfer')"
NO_CALL = "kind IN ('adjustment', 'lapse', 'maintenance_fee', 'recharge', 'reversal', 'transfer')"


class LedgerEntry(Base):
    """`amount_micros` moves from the source wallet to the destination wallet. `reference` is built from facts (the
    call id, card and period, the token of a form), so that a repeat meets the unique key and moves nothing.

    `series_id` is that of the card which gives, else of the one which gets, kept here for an index: 0 where neither is
    a card. `other_series_id` is that of the card which gets from a card of another series. Both are empty in an entry
    of an older release until it is filed, once (services/money/file_entries.py).
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("kind", "reference"),
        Index("ix_ledger_entry_created", "created_at", "id"),
        Index("ix_ledger_entry_reference", "reference"),
        *(
            Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))
            for name, columns, where in (
                ("ix_ledger_entry_series", ("series_id", *PLACE), "series_id > 0"),
                ("ix_ledger_entry_other_series", ("other_series_id", *PLACE), "other_series_id IS NOT NULL"),
                ("ix_ledger_entry_unfiled", ("id",), "series_id IS NULL"),
                # no charge of a call is in these: they cost it nothing
                ("ix_ledger_entry_kind", ("kind", *PLACE), NO_CALL),
                ("ix_ledger_entry_series_kind", ("series_id", "kind", *PLACE), NO_CALL),
                ("ix_ledger_entry_payment", PLACE, PAYMENT),
            )
        ),
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
    series_id: Mapped[int | None]
    other_series_id: Mapped[int | None]
