"""The rollup of call records: their sums by day, so that a report over millions of calls takes no time."""

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Currency, Id, Moment, reference, word


class Cube(StrEnum):
    """By what the calls of a day are summed up. All of it in one would have nearly a row for each call."""

    ROUTE = "route"  # destination and the carrier that answered
    SOURCE = "source"  # series, access number and originator
    TRADE = "trade"  # the same by the carrier that answered
    PRODUCT = "product"  # destination, series and originator
    ENTRY = "entry"  # destination and access number


class CallDay(Base):
    """The calls placed on a day of the platform's zone. Calls that were reversed count nowhere (JA-12).

    The figures of announced and delivered time are those of answered calls; `..._to_limit` those of calls that ended
    by their limit: there the caller could compare. What a cube does not tell apart is empty in its rows.
    """

    __tablename__ = "call_day"
    __table_args__ = (
        CheckConstraint("calls > 0 AND answered <= calls", "some_calls"),
        Index("ix_call_day_cube", "cube", "day"),
    )

    id: Mapped[Id]
    cube: Mapped[Cube] = mapped_column(word(Cube))
    day: Mapped[date]
    currency: Mapped[Currency]
    destination_name: Mapped[str | None] = mapped_column(String(120))
    carrier_account_id: Mapped[int | None] = reference("account.id")
    series_id: Mapped[int | None] = reference("card_series.id")
    access_number: Mapped[str | None] = mapped_column(String(15))
    account_id: Mapped[int | None] = reference("account.id")
    calls: Mapped[int] = mapped_column(BigInteger)
    answered: Mapped[int] = mapped_column(BigInteger)
    talk_seconds: Mapped[int] = mapped_column(BigInteger)
    billed_seconds: Mapped[int] = mapped_column(BigInteger)
    cost_micros: Mapped[int] = mapped_column(BigInteger)
    tax_micros: Mapped[int] = mapped_column(BigInteger)
    buy_cost_micros: Mapped[int] = mapped_column(BigInteger)
    announced_seconds: Mapped[int] = mapped_column(BigInteger)
    granted_seconds: Mapped[int] = mapped_column(BigInteger)
    calls_to_limit: Mapped[int] = mapped_column(BigInteger)
    announced_to_limit_seconds: Mapped[int] = mapped_column(BigInteger)
    delivered_to_limit_seconds: Mapped[int] = mapped_column(BigInteger)


class CallDayMark(Base):
    """One row: up to which settlement the rollup has seen the calls, and in which zone its days begin."""

    __tablename__ = "call_day_mark"
    __table_args__ = (CheckConstraint("id = 1", "only_one"),)

    id: Mapped[Id]
    seen_up_to: Mapped[Moment | None]
    zone: Mapped[str | None] = mapped_column(String(64))
