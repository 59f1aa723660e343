"""How many cards of a large series are in each state, as the worker counted them last: for people, no call reads it."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Moment, reference

STATES = "inactive >= 0 AND pending >= 0 AND activated >= 0 AND expired >= 0 AND used >= 0 AND blocked >= 0"


class SeriesCount(Base):
    """A column for each word of CardStatus."""

    __tablename__ = "series_count"
    __table_args__ = (CheckConstraint(STATES, "counts_not_negative"),)

    series_id: Mapped[int] = reference("card_series.id", ondelete="CASCADE", primary_key=True)
    counted_at: Mapped[Moment]
    inactive: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0)
    activated: Mapped[int] = mapped_column(default=0)
    expired: Mapped[int] = mapped_column(default=0)
    used: Mapped[int] = mapped_column(default=0)
    blocked: Mapped[int] = mapped_column(default=0)
