"""Holds: money set aside for one call before it is dialled; open, then settled or voided, once."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.states import HoldState
from models.base import Base, Micros, Moment, reference, word
from models.clock import DatabaseClock

LEASE_SECONDS_DEFAULT = 60  # twice the watcher's heartbeat of 30 s


class Hold(Base):
    """`quote` freezes everything by which the call is charged: price terms, destination, routes, limit and
    announcement.

    `account_id` is the originator of a call without a card, `route_account_id` the carrier whose capacity the call
    uses now. A lease that ran out (heartbeat_at + lease_seconds) is a reason to ask Asterisk, never by itself a reason
    to void.
    """

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("amount_micros >= 0", "amount_not_negative"),
        CheckConstraint("(state = 'open') = (resolved_at IS NULL)", "resolution_dated"),
        Index(
            "ix_hold_open", "wallet_id", sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")
        ),
    )

    call_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    wallet_id: Mapped[int] = reference("wallet.id")
    card_id: Mapped[int | None] = reference("card.id")
    account_id: Mapped[int | None] = reference("account.id")
    route_account_id: Mapped[int | None] = reference("account.id")
    amount_micros: Mapped[Micros]
    state: Mapped[HoldState] = mapped_column(word(HoldState), default=HoldState.OPEN)
    placed_at: Mapped[Moment]
    resolved_at: Mapped[Moment | None]
    heartbeat_at: Mapped[Moment] = mapped_column(default=DatabaseClock())
    lease_seconds: Mapped[int] = mapped_column(default=LEASE_SECONDS_DEFAULT)
    quote: Mapped[dict[str, Any]] = mapped_column(JSON)
