"""Speed dial: short numbers of a card."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, reference


class SpeedDial(Base):
    """`slot` is 1 or 2 digits as keyed; `destination` the full number in international digits."""

    __tablename__ = "speed_dial"
    __table_args__ = (CheckConstraint("length(slot) BETWEEN 1 AND 2", "slot_length"),)

    card_id: Mapped[int] = reference("card.id", primary_key=True)
    slot: Mapped[str] = mapped_column(String(2), primary_key=True)
    destination: Mapped[str] = mapped_column(String(15))
