"""Who sells cards: a reseller owns series; a distributor sells cards without owning them (features.md 0.1)."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Name


class Reseller(Base):
    __tablename__ = "reseller"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Id]
    name: Mapped[Name]
    is_enabled: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class Distributor(Base):
    """`sees_pins` is off by default: who hands out sealed cards needs no PIN (MOR: Hide Calling Card PIN)."""

    __tablename__ = "distributor"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Id]
    name: Mapped[Name]
    sees_pins: Mapped[bool] = mapped_column(default=False)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
