"""Access numbers (DIDs): the numbers that callers dial to reach the service."""

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Micros, reference


class AccessNumber(Base):
    """The surcharge is what a call over this number costs on top (a toll-free number costs its owner money), in
    the card's currency.
    """

    __tablename__ = "access_number"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("surcharge_micros >= 0 AND surcharge_per_minute_micros >= 0", "surcharge_not_negative"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(15))
    ivr_plan_id: Mapped[int] = reference("ivr_plan.id")
    language: Mapped[str | None] = mapped_column(String(8))
    surcharge_micros: Mapped[Micros]
    surcharge_per_minute_micros: Mapped[Micros]
    is_enabled: Mapped[bool] = mapped_column(default=True)
