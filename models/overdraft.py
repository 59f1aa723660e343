"""Overdrafts: what a call cost above its hold. The record moves no money; an operator writes it off or posts it
(I6).
"""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Micros, Moment


class Overdraft(Base):
    """It should never be: the limit of a call is found by the function that prices it. A repaired price can make
    one.
    """

    __tablename__ = "overdraft"
    __table_args__ = (CheckConstraint("cost_micros > held_micros", "above_the_hold"),)

    call_id: Mapped[str] = mapped_column(String(80), ForeignKey("hold.call_id", ondelete="RESTRICT"), primary_key=True)
    cost_micros: Mapped[Micros]
    held_micros: Mapped[Micros]
    noted_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
    closed_by: Mapped[str | None] = mapped_column(String(120))
