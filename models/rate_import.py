"""Imports of rates: who sent which file, what it changes in a table, and what undoing it brings back."""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Key, Moment, Name, reference, word
from models.rate_table import RATE_TERMS, Rate


class ImportMode(StrEnum):
    """REPLACE: what the file has not, ends. AMEND: what it has not, stays."""

    REPLACE = "replace"
    AMEND = "amend"


class ImportState(StrEnum):
    """STAGING is being written and cannot be applied. Of APPLYING and UNDOING some changes are prepared, and nothing of
    it is seen yet; TAKING_BACK gives up what APPLYING had prepared and ends as STAGED.
    """

    STAGING = "staging"
    STAGED = "staged"
    APPLYING = "applying"
    TAKING_BACK = "taking_back"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"


class ChangeAct(StrEnum):
    """What applying does to a row of `rate`: a new one begins, one gets another end, one is taken away."""

    BEGIN = "begin"
    END = "end"
    REMOVE = "remove"


class Verdict(StrEnum):
    """What the preview says of a change."""

    NEW = "new"
    CHANGED = "changed"
    ENDED = "ended"
    KEPT = "kept"  # the rest of an older period that goes on after a shorter one


class RateSender(Base):
    """Who sends lists of rates. `columns` says by heading what its columns hold, `options` how its cells are read."""

    __tablename__ = "rate_sender"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Id]
    name: Mapped[Name]
    columns: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class RateImport(Base):
    """One file for one table. `applies_at` is the moment from which its rates hold at the earliest, and `compared_for`
    that of the preview where it was another one; `table_revision` that of the table when both were compared.
    `changes_done` counts the changes that are in force or prepared. `counts`, `columns`, `options` and `notes` are what
    the preview told.
    """

    __tablename__ = "rate_import"
    __table_args__ = (
        CheckConstraint(
            "(state IN ('applied', 'undoing', 'undone')) = (applied_at IS NOT NULL)", "applied_has_a_moment"
        ),
        CheckConstraint("(state = 'undone') = (undone_at IS NOT NULL)", "undone_has_a_moment"),
        Index("ix_rate_import_table", "rate_table_id"),
    )

    id: Mapped[Id]
    rate_table_id: Mapped[int] = reference("rate_table.id")
    rate_sender_id: Mapped[int | None] = reference("rate_sender.id", nullable=True)
    state: Mapped[ImportState] = mapped_column(word(ImportState), default=ImportState.STAGING)
    mode: Mapped[ImportMode] = mapped_column(word(ImportMode))
    applies_at: Mapped[Moment]
    compared_for: Mapped[Moment | None]
    table_revision: Mapped[int] = mapped_column(BigInteger)
    file_name: Mapped[str] = mapped_column(String(255))
    file_sha256: Mapped[str] = mapped_column(String(64))
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    columns: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    notes: Mapped[list[str]] = mapped_column(JSON, default=list)
    made_by: Mapped[Name]
    made_at: Mapped[Moment]
    changes_done: Mapped[int] = mapped_column(default=0, server_default="0")
    applied_by: Mapped[str | None] = mapped_column(String(120))
    applied_at: Mapped[Moment | None]
    undone_by: Mapped[str | None] = mapped_column(String(120))
    undone_at: Mapped[Moment | None]


class RateImportRefusal(Base):
    """A refused line, so that whoever sent the file can be told."""

    __tablename__ = "rate_import_refusal"
    __table_args__ = (Index("ix_rate_import_refusal_import", "rate_import_id", "line"),)

    id: Mapped[Id]
    rate_import_id: Mapped[int] = reference("rate_import.id", ondelete="CASCADE")
    line: Mapped[int]
    reason: Mapped[str] = mapped_column(String(20))
    sentence: Mapped[str] = mapped_column(String(500))


class RateChange(Base):
    """One change of an import, staged before it is applied and kept to undo it. It holds the same columns as `rate`,
    so that statements copy them from one to the other: of a rate that begins its own, of one that ends or is taken
    away what it was, with `valid_until` as applying leaves it and `valid_until_before` as it was.
    """

    __table__ = Table(
        "rate_change",
        Base.metadata,
        Column("rate_import_id", Key, ForeignKey("rate_import.id", ondelete="CASCADE"), primary_key=True),
        Column("position", Integer, primary_key=True, autoincrement=False),
        Column("act", word(ChangeAct), nullable=False),
        Column("verdict", word(Verdict), nullable=False),
        Column("line", Integer),
        Column("rate_id", Key),
        Column("valid_until_before", Rate.__table__.c.valid_until.type),
        Column("price_before_micros", BigInteger),
        Column("is_jump", Boolean, nullable=False),
        Column("is_short_notice", Boolean, nullable=False),
        *(Column(name, Rate.__table__.c[name].type, nullable=Rate.__table__.c[name].nullable) for name in RATE_TERMS),
        Index("ix_rate_change_code", "rate_import_id", "prefix"),
    )
