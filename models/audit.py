"""The audit log: who changed or read what, when and by which door; append-only, each row chained to the one before."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Moment


class AuditEntry(Base):
    """`chain` is SHA-256 over the chain of the row before and this row's content, so that a row changed, removed
    or put in between is found. `number` has no gaps.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        CheckConstraint("length(chain) = 32", "chain_length"),
        Index("ix_audit_entry_object", "object_kind", "object_id"),
        Index("ix_audit_entry_happened", "happened_at", "number"),
        Index("ix_audit_entry_actor", "actor"),
        Index("ix_audit_entry_act", "act"),
        Index("ix_audit_entry_door", "door"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    happened_at: Mapped[Moment]
    actor: Mapped[str] = mapped_column(String(120))
    door: Mapped[str] = mapped_column(String(20))
    address: Mapped[str | None] = mapped_column(String(80))
    act: Mapped[str] = mapped_column(String(60))
    object_kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(80))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    reason: Mapped[str | None] = mapped_column(String(500))
    chain: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditHead(Base):
    """The one row that says where the chain ends; its lock puts audited acts in order."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", "only_one"),)

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(default=0)
    chain: Mapped[bytes] = mapped_column(LargeBinary(32))
