"""Accounts of clients. One with terminator settings switched on is a carrier: it takes our calls."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Name, reference, word


class TrunkProtocol(StrEnum):
    SIP_UDP = "sip/udp"
    SIP_TCP = "sip/tcp"
    SIP_TLS = "sip/tls"
    IAX2 = "iax2"


class Account(Base):
    """`endpoint` is the name by which Asterisk knows the trunk: letters, digits, '_' and '.' only, so that no name
    can change a dial string. `ring_seconds` is how long this carrier may ring before the call counts as not answered.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("client_id", "name"),
        UniqueConstraint("endpoint"),
        CheckConstraint(
            "NOT terminator_enabled OR (endpoint IS NOT NULL AND terminator_rate_table_id IS NOT NULL)",
            "carrier_is_complete",
        ),
        CheckConstraint(
            "endpoint IS NULL OR (endpoint NOT LIKE '%:%' AND endpoint NOT LIKE '%-%')", "endpoint_is_one_word"
        ),
        CheckConstraint("ring_seconds BETWEEN 5 AND 300", "ring_in_range"),
        CheckConstraint("port IS NULL OR port BETWEEN 1 AND 65535", "port_in_range"),
    )

    id: Mapped[Id]
    client_id: Mapped[int] = reference("client.id")
    name: Mapped[Name]
    endpoint: Mapped[str | None] = mapped_column(String(40))
    terminator_enabled: Mapped[bool] = mapped_column(default=False)
    terminator_rate_table_id: Mapped[int | None] = reference("rate_table.id")
    protocol: Mapped[TrunkProtocol] = mapped_column(word(TrunkProtocol), default=TrunkProtocol.SIP_UDP)
    proxy: Mapped[str | None] = mapped_column(String(255))
    port: Mapped[int | None]
    ring_seconds: Mapped[int] = mapped_column(default=45)
