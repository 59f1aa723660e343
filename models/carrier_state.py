"""How each carrier fares, as the worker counted and saw it last: for people, no call reads it."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Moment, reference


class CarrierState(Base):
    """`attempts` are those of the newest calls up to `counted_at`; `last_...` the newest attempt, however old.

    `reach` and `registration` are words of Asterisk's own questions to the carrier (telephony.trunk_states), as of
    `reach_at`; `reach_since` is since when it is that word.
    """

    __tablename__ = "carrier_state"
    __table_args__ = (CheckConstraint("answered BETWEEN 0 AND attempts AND talk_seconds >= 0", "figures_in_range"),)

    account_id: Mapped[int] = reference("account.id", ondelete="CASCADE", primary_key=True)
    attempts: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    talk_seconds: Mapped[int] = mapped_column(default=0)
    counted_at: Mapped[Moment | None]
    last_tried_at: Mapped[Moment | None]
    last_status: Mapped[str | None] = mapped_column(String(20))
    last_cause: Mapped[int | None]
    reach: Mapped[str | None] = mapped_column(String(20))
    registration: Mapped[str | None] = mapped_column(String(20))
    reach_at: Mapped[Moment | None]
    reach_since: Mapped[Moment | None]
