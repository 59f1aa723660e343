"""Rate tables and rates: the price of a prefix. Sell and buy tables are the same thing."""

from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.rate_choice import EVERY_DAY, MINUTES_A_DAY
from models.base import Base, Currency, Id, Micros, Moment, Name, reference


class RateTable(Base):
    """`revision` is that of `DeckRevision` when its rates last changed: a deck in memory reads again only such tables.
    `generation` tells which of its rates are seen (see Rate). `is_deleted` is a mark: calls and imports go on naming
    the table.
    """

    __tablename__ = "rate_table"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Id]
    name: Mapped[Name]
    currency: Mapped[Currency]
    notes: Mapped[str | None] = mapped_column(String(2000))
    is_deleted: Mapped[bool] = mapped_column(default=False, server_default=false())
    revision: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    generation: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class DeckRevision(Base):
    """One row, counted up by every change of rates, routing plans or carriers: who keeps them in memory compares it."""

    __tablename__ = "deck_revision"
    __table_args__ = (CheckConstraint("id = 1", "only_one"),)

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(BigInteger, default=0)


class Rate(Base):
    """The terms of one prefix from `valid_from` until before `valid_until`; the words are those of features.md 2d.

    `days` holds a bit for each weekday (1 Monday ... 64 Sunday), the minutes are those of the platform's day: a rate
    holds from `from_minute` until before `until_minute`. Which of several holds: billing.rate_choice. 0 seconds of a
    block fee or a rounding mean that the term is off. `steps` is a list of the steps of billing.tariff.Step.

    A rate is seen from generation `live_from` of its table until before `live_until`: an import prepares the rows of
    the next generation, and then all of them change by one statement (services.rates.live_rates). Of the newest
    generation no two rates have the same prefix, beginning and hours.
    """

    __tablename__ = "rate"
    __table_args__ = (
        Index(
            "uq_rate_times",
            *("rate_table_id", "prefix", "valid_from", "days", "from_minute", "until_minute"),
            unique=True,
            sqlite_where=text("live_until IS NULL"),
            postgresql_where=text("live_until IS NULL"),
        ),
        Index(
            "ix_rate_replaced",
            *("rate_table_id", "live_until"),
            sqlite_where=text("live_until IS NOT NULL"),
            postgresql_where=text("live_until IS NOT NULL"),
        ),
        CheckConstraint("live_until > live_from", "seen_once"),
        CheckConstraint("price_per_minute_micros >= 0", "price_not_negative"),
        CheckConstraint(
            "connect_fee_micros >= 0 AND disconnect_fee_micros >= 0 AND block_fee_micros >= 0", "fees_not_negative"
        ),
        CheckConstraint("block_fee_micros = 0 OR block_fee_seconds > 0", "block_fee_has_a_length"),
        CheckConstraint(
            "(round_up_above_seconds = 0 AND round_up_to_seconds = 0)"
            " OR (round_up_above_seconds > 0 AND round_up_above_seconds < round_up_to_seconds)",
            "rounding_is_a_pair",
        ),
        CheckConstraint("cost_min_micros >= 0", "minimum_not_negative"),
        CheckConstraint("first_block_seconds >= 0 AND increment_seconds >= 1", "blocks_positive"),
        CheckConstraint("free_seconds >= 0 AND surcharge_seconds >= 0", "seconds_not_negative"),
        CheckConstraint("days BETWEEN 1 AND 127", "days_in_range"),
        CheckConstraint("from_minute >= 0 AND from_minute < until_minute AND until_minute <= 1440", "hours_in_range"),
        CheckConstraint("valid_until IS NULL OR valid_until > valid_from", "period_not_empty"),
        CheckConstraint(
            "ghost_minutes_percent IS NULL OR ghost_minutes_percent BETWEEN 20 AND 200", "ghost_percent_in_range"
        ),
        Index("ix_rate_lookup", "rate_table_id", "prefix"),
        Index("ix_rate_destination", "rate_table_id", "destination_name"),
    )

    id: Mapped[Id]
    rate_table_id: Mapped[int] = reference("rate_table.id", ondelete="CASCADE")
    prefix: Mapped[str] = mapped_column(String(20))
    destination_name: Mapped[Name]
    price_per_minute_micros: Mapped[Micros]
    connect_fee_micros: Mapped[Micros]
    first_block_seconds: Mapped[int] = mapped_column(default=1)
    increment_seconds: Mapped[int] = mapped_column(default=1)
    cost_min_micros: Mapped[Micros]
    free_seconds: Mapped[int] = mapped_column(default=0)
    surcharge_seconds: Mapped[int] = mapped_column(default=0)
    disconnect_fee_micros: Mapped[Micros]
    disconnect_fee_after_seconds: Mapped[int] = mapped_column(default=0)
    block_fee_micros: Mapped[Micros]
    block_fee_seconds: Mapped[int] = mapped_column(default=0)
    round_up_above_seconds: Mapped[int] = mapped_column(default=0)
    round_up_to_seconds: Mapped[int] = mapped_column(default=0)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    valid_from: Mapped[Moment]
    valid_until: Mapped[Moment | None]
    days: Mapped[int] = mapped_column(default=EVERY_DAY, server_default=str(EVERY_DAY))
    from_minute: Mapped[int] = mapped_column(default=0, server_default="0")
    until_minute: Mapped[int] = mapped_column(default=MINUTES_A_DAY, server_default=str(MINUTES_A_DAY))
    ghost_minutes_percent: Mapped[int | None]
    is_blocked: Mapped[bool] = mapped_column(default=False)
    live_from: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    live_until: Mapped[int | None] = mapped_column(BigInteger)


RATE_TERMS = tuple(
    column.name
    for column in Rate.__table__.columns
    if column.name not in {"id", "rate_table_id", "live_from", "live_until"}
)
