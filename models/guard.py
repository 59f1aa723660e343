"""The guard against guessing: counts of wrong entries, shared by every door and kept through a restart
(reliability.md 11).
"""

from datetime import date

from sqlalchemy import JSON, BigInteger, CheckConstraint, Date, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from billing.states import EntryKind, GuardScope
from models.base import Base, Id, Moment, reference, word


class GuardCounter(Base):
    """Wrong entries of one caller id or address, or of one access number or trunk.

    A caller id has `moments` (seconds since 1970 of the failures within the window), `failures` (their number) and
    `locks` (in a row, each twice as long). An access number or trunk has `history`: its last 50 tries, one bit each,
    set for a wrong one, the newest lowest; `tries` counts them since the first wrong one; `alarmed_at` is set while
    too many of them are wrong.
    """

    __tablename__ = "guard_counter"
    __table_args__ = (CheckConstraint("failures >= 0 AND tries >= 0 AND locks >= 0", "counts_not_negative"),)

    scope: Mapped[GuardScope] = mapped_column(word(GuardScope), primary_key=True)
    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    tries: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    locks: Mapped[int] = mapped_column(default=0)
    history: Mapped[int] = mapped_column(BigInteger, default=0)
    moments: Mapped[list[int]] = mapped_column(JSON, default=list)
    window_began_at: Mapped[Moment]
    locked_until: Mapped[Moment | None]
    alarmed_at: Mapped[Moment | None]


class GuardBudget(Base):
    """Wrong entries of one day (UTC) over the whole platform, for each kind of entry and length of secret.

    `allowed` is the day's budget by the live secrets at the last wrong entry.
    """

    __tablename__ = "guard_budget"
    __table_args__ = (CheckConstraint("failures >= 0", "failures_not_negative"),)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[EntryKind] = mapped_column(word(EntryKind), primary_key=True)
    secret_length: Mapped[int] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    allowed: Mapped[int] = mapped_column(BigInteger, default=0)
    alarmed_at: Mapped[Moment | None]


class FailedEntry(Base):
    """One wrong entry, for the operator's page; no digit of what was keyed is kept."""

    __tablename__ = "failed_entry"
    __table_args__ = (Index("ix_failed_entry_happened", "happened_at"),)

    id: Mapped[Id]
    happened_at: Mapped[Moment]
    kind: Mapped[EntryKind] = mapped_column(word(EntryKind))
    door: Mapped[str] = mapped_column(String(20))
    caller_id: Mapped[str | None] = mapped_column(String(15), index=True)
    access_number: Mapped[str | None] = mapped_column(String(15))
    trunk: Mapped[str | None] = mapped_column(String(80))
    address: Mapped[str | None] = mapped_column(String(80))
    card_id: Mapped[int | None] = reference("card.id", index=True)
