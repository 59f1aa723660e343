"""Clients: companies that own accounts. No card belongs to a client (M-10, M-11)."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Moment, Name, reference


class Client(Base):
    """The tables and the plan hold for its accounts that have none of their own (JA-39, JA-40, JA-44)."""

    __tablename__ = "client"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Id]
    name: Mapped[Name]
    wallet_id: Mapped[int] = reference("wallet.id", unique=True)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    originator_rate_table_id: Mapped[int | None] = reference("rate_table.id")
    originator_routing_plan_id: Mapped[int | None] = reference("routing_plan.id")
    terminator_rate_table_id: Mapped[int | None] = reference("rate_table.id")
    tax_profile_id: Mapped[int | None] = reference("tax_profile.id")
    notes: Mapped[str | None] = mapped_column(String(2000))
    deleted_at: Mapped[Moment | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
