"""Phones that may not call at all, until somebody lifts it."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Moment


class BlockedPhone(Base):
    """By caller id, in international form without "+"; bound phones of good cards too."""

    __tablename__ = "blocked_phone"
    __table_args__ = (CheckConstraint("length(caller_id) BETWEEN 3 AND 15", "caller_id_length"),)

    caller_id: Mapped[str] = mapped_column(String(15), primary_key=True)
    reason: Mapped[str] = mapped_column(String(500))
    blocked_at: Mapped[Moment]
    blocked_by: Mapped[str] = mapped_column(String(120))
