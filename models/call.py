"""Call records: one row for each call that was handed to Asterisk, with every figure of its charge."""

from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.states import CallDisposition
from models.base import Base, Currency, Micros, Moment, reference, word


class CallRecord(Base):
    """`talk_ms` is our own stamp, from the carrier's answer to the end of its leg; `talk_seconds` what is charged for.

    `series_id` is that of the card, kept here for an index; a call of an older release lacks it until it is filed
    (services/calls/file_calls.py). `account_id` is the originator of a call without a card. `reversed_at` marks a call
    whose charge was given back: it counts in no statistics (JA-12), nor does one that an operator tried (`is_test`).
    `announced_seconds` is what the caller was told, `limit_seconds` what was granted.
    `cost_micros` contains `tax_micros`; what is earned is the cost without tax and without `buy_cost_micros`. Prices a
    minute are those of the tariffs, before fees and steps; empty for calls of an older release.
    `charge_lines`, `tried` and `passed_over` (carriers that were full or rested) are lists of objects; `heard` is the
    trace of what the caller heard and pressed before this call was dialled (a PIN is masked).
    """

    __tablename__ = "call_record"
    __table_args__ = (
        CheckConstraint("cost_micros >= 0 AND talk_ms >= 0 AND talk_seconds >= 0", "figures_not_negative"),
        CheckConstraint("answered_at IS NOT NULL OR cost_micros = 0", "only_answered_costs"),
        CheckConstraint("talk_seconds <= limit_seconds", "within_the_limit"),
        Index("ix_call_record_card", "card_id", "placed_at"),
        Index("ix_call_record_placed", "placed_at"),
        Index("ix_call_record_account", "account_id", "placed_at"),
        Index("ix_call_record_settled", "settled_at"),
        Index("ix_call_record_reversed", "reversed_at"),
        # by what operators search and filter the list of calls
        Index("ix_call_record_destination", "destination", "placed_at"),
        Index("ix_call_record_carrier", "carrier_account_id", "placed_at"),
        Index("ix_call_record_disposition", "disposition", "placed_at"),
        Index("ix_call_record_access", "access_number", "placed_at"),
        *(
            Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))
            for name, columns, where in (
                ("ix_call_record_series", ("series_id", "placed_at"), "series_id IS NOT NULL"),
                ("ix_call_record_unfiled", ("placed_at",), "series_id IS NULL AND card_id IS NOT NULL"),
            )
        ),
        Index("ix_call_record_test", "placed_at", postgresql_where=text("is_test"), sqlite_where=text("is_test")),
    )

    call_id: Mapped[str] = mapped_column(String(80), ForeignKey("hold.call_id", ondelete="RESTRICT"), primary_key=True)
    wallet_id: Mapped[int] = reference("wallet.id")
    card_id: Mapped[int | None] = reference("card.id")
    series_id: Mapped[int | None]
    account_id: Mapped[int | None] = reference("account.id")
    channel_id: Mapped[str] = mapped_column(String(150))
    access_number: Mapped[str] = mapped_column(String(15))
    caller_id: Mapped[str | None] = mapped_column(String(15))
    is_pinless: Mapped[bool] = mapped_column(default=False)
    is_test: Mapped[bool] = mapped_column(default=False, server_default=false())
    destination: Mapped[str] = mapped_column(String(15))
    destination_name: Mapped[str] = mapped_column(String(120))
    rate_prefix: Mapped[str] = mapped_column(String(20))
    currency: Mapped[Currency]
    placed_at: Mapped[Moment]
    answered_at: Mapped[Moment | None]
    ended_at: Mapped[Moment]
    settled_at: Mapped[Moment]
    settled_by: Mapped[str] = mapped_column(String(20))
    disposition: Mapped[CallDisposition] = mapped_column(word(CallDisposition))
    dial_status: Mapped[str] = mapped_column(String(20))
    hangup_cause: Mapped[int | None]
    limit_seconds: Mapped[int]
    announced_seconds: Mapped[int]
    talk_ms: Mapped[int]
    talk_seconds: Mapped[int]
    billed_seconds: Mapped[int]
    held_micros: Mapped[Micros]
    cost_micros: Mapped[Micros]
    charge_lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    tried: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    passed_over: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    carrier_account_id: Mapped[int | None] = reference("account.id")
    buy_prefix: Mapped[str | None] = mapped_column(String(20))
    buy_cost_micros: Mapped[Micros]
    tax_micros: Mapped[Micros] = mapped_column(server_default="0")
    sell_price_per_minute_micros: Mapped[int | None] = mapped_column(BigInteger)
    buy_price_per_minute_micros: Mapped[int | None] = mapped_column(BigInteger)
    heard: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    reversed_at: Mapped[Moment | None]
