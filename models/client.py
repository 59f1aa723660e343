"""Clients: companies that own accounts. No card belongs to a client (M-10, M-11)."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Name, reference


class Client(Base):
    __tablename__ = "client"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Id]
    name: Mapped[Name]
    wallet_id: Mapped[int] = reference("wallet.id", unique=True)
    is_enabled: Mapped[bool] = mapped_column(default=True)
