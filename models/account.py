"""Accounts of clients: who sends us calls (originator settings), who takes ours (terminator settings: a carrier)."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, LargeBinary, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from billing.caller_id import CallerIdMode
from models.base import Base, Id, Moment, Name, reference, word


class TrunkProtocol(StrEnum):
    SIP_UDP = "sip/udp"
    SIP_TCP = "sip/tcp"
    SIP_TLS = "sip/tls"
    IAX2 = "iax2"


class IdentBy(StrEnum):
    """By what the calls of an account are known (JA-26)."""

    IP = "ip"
    NAME = "name"
    ANI = "ani"


class AniSide(StrEnum):
    """Whose number an account of kind `ani` names (JA-30)."""

    CALLER = "caller"
    CALLED = "called"


class NumberUse(StrEnum):
    """What a number of an account is for."""

    IDENTIFIES = "identifies"
    SHOWN = "shown"


class Account(Base):
    """`endpoint` is the name by which Asterisk knows the trunk: letters, digits, '_' and '.' only, so that no name
    can change a dial string. `ring_seconds` is how long this carrier may ring before the call counts as not answered.

    `name_key` is the login in small letters (JA-29). A number goes to a carrier without `cut_prefix` (if it begins so),
    behind `add_prefix`, behind `terminator_tech_prefix`. A carrier that fails `rest_after_failures` times in a row is
    left alone for `rest_seconds`. Capacity empty = no limit.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("client_id", "name"),
        UniqueConstraint("endpoint"),
        CheckConstraint("NOT terminator_enabled OR endpoint IS NOT NULL", "carrier_has_an_endpoint"),
        CheckConstraint(
            "endpoint IS NULL OR (endpoint NOT LIKE '%:%' AND endpoint NOT LIKE '%-%')", "endpoint_is_one_word"
        ),
        CheckConstraint("ring_seconds BETWEEN 5 AND 300", "ring_in_range"),
        CheckConstraint("port IS NULL OR port BETWEEN 1 AND 65535", "port_in_range"),
        CheckConstraint("originator_capacity IS NULL OR originator_capacity >= 0", "originator_capacity_not_negative"),
        CheckConstraint("terminator_capacity IS NULL OR terminator_capacity >= 0", "terminator_capacity_not_negative"),
        CheckConstraint("(password_sealed IS NULL) = (password_key IS NULL)", "password_names_its_key"),
        CheckConstraint("rest_after_failures BETWEEN 1 AND 1000", "failures_in_range"),
        CheckConstraint("rest_seconds BETWEEN 0 AND 86400", "rest_in_range"),
    )

    id: Mapped[Id]
    client_id: Mapped[int] = reference("client.id")
    name: Mapped[Name]
    ident_by: Mapped[IdentBy] = mapped_column(word(IdentBy), default=IdentBy.IP, server_default=IdentBy.IP.value)
    name_key: Mapped[str | None] = mapped_column(String(80))
    ani_side: Mapped[AniSide] = mapped_column(
        word(AniSide), default=AniSide.CALLER, server_default=AniSide.CALLER.value
    )
    tech_prefix: Mapped[str] = mapped_column(String(15), default="", server_default="")
    password_sealed: Mapped[bytes | None] = mapped_column(LargeBinary(200))
    password_key: Mapped[int | None]
    notes: Mapped[str | None] = mapped_column(String(2000))
    deleted_at: Mapped[Moment | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    originator_enabled: Mapped[bool] = mapped_column(default=False, server_default=false())
    originator_rate_table_id: Mapped[int | None] = reference("rate_table.id")
    originator_routing_plan_id: Mapped[int | None] = reference("routing_plan.id")
    originator_tag: Mapped[str] = mapped_column(String(40), default="", server_default="")
    originator_capacity: Mapped[int | None]

    endpoint: Mapped[str | None] = mapped_column(String(40))
    terminator_enabled: Mapped[bool] = mapped_column(default=False)
    terminator_rate_table_id: Mapped[int | None] = reference("rate_table.id")
    terminator_tag: Mapped[str] = mapped_column(String(40), default="", server_default="")
    terminator_capacity: Mapped[int | None]
    protocol: Mapped[TrunkProtocol] = mapped_column(word(TrunkProtocol), default=TrunkProtocol.SIP_UDP)
    proxy: Mapped[str | None] = mapped_column(String(255))
    port: Mapped[int | None]
    registers: Mapped[bool] = mapped_column(default=False, server_default=false())
    ring_seconds: Mapped[int] = mapped_column(default=45)
    cut_prefix: Mapped[str] = mapped_column(String(15), default="", server_default="")
    add_prefix: Mapped[str] = mapped_column(String(15), default="", server_default="")
    terminator_tech_prefix: Mapped[str] = mapped_column(String(15), default="", server_default="")
    caller_id_mode: Mapped[CallerIdMode] = mapped_column(
        word(CallerIdMode), default=CallerIdMode.PASSED, server_default=CallerIdMode.PASSED.value
    )
    rest_after_failures: Mapped[int] = mapped_column(default=10, server_default="10")
    rest_seconds: Mapped[int] = mapped_column(default=60, server_default="60")


class AccountAddress(Base):
    """An address or subnet from which calls of an account come (JA-27, JA-28), one row each.

    `first` and `last` are the bounds as 32 hexadecimal digits (IPv4 in its IPv6 form), so that text compares as they
    do; of several that hold an address the one with the most `bits` wins.
    """

    __tablename__ = "account_address"
    __table_args__ = (
        UniqueConstraint("account_id", "network"),
        CheckConstraint("first <= last", "bounds_in_order"),
        CheckConstraint("bits BETWEEN 0 AND 128", "bits_in_range"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = reference("account.id", ondelete="CASCADE")
    network: Mapped[str] = mapped_column(String(49))
    first: Mapped[str] = mapped_column(String(32), index=True)
    last: Mapped[str] = mapped_column(String(32))
    bits: Mapped[int]


class AccountNumber(Base):
    """A number by which an account of kind `ani` is known (international digits), or one of a carrier's caller ids."""

    __tablename__ = "account_number"
    __table_args__ = (UniqueConstraint("account_id", "use", "number"),)

    id: Mapped[Id]
    account_id: Mapped[int] = reference("account.id", ondelete="CASCADE")
    use: Mapped[NumberUse] = mapped_column(word(NumberUse))
    number: Mapped[str] = mapped_column(String(15), index=True)


class Gateway(Base):
    """A host through which calls come to us; an account may be restricted to some (JA-35, JA-36). `address` is what
    the calls of it show: the host of a SIP trunk or RADIUS client. Calls through one that is not enabled are refused,
    whosever they are.
    """

    __tablename__ = "gateway"
    __table_args__ = (UniqueConstraint("name"), UniqueConstraint("address"))

    id: Mapped[Id]
    name: Mapped[Name]
    address: Mapped[str] = mapped_column(String(45))
    notes: Mapped[str | None] = mapped_column(String(2000))
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    version: Mapped[int] = mapped_column(default=1)


class AccountGateway(Base):
    __tablename__ = "account_gateway"

    account_id: Mapped[int] = reference("account.id", ondelete="CASCADE", primary_key=True)
    gateway_id: Mapped[int] = reference("gateway.id", primary_key=True)


class AccountLoad(Base):
    """What an account carries now, and how a carrier fares. Counted in the transaction of the hold; a row is made with
    the first call that needs it. `pool_place` is whose turn it is among polled caller ids.
    """

    __tablename__ = "account_load"
    __table_args__ = (
        CheckConstraint("originating >= 0 AND terminating >= 0", "calls_not_negative"),
        CheckConstraint("failures_in_row >= 0", "failures_not_negative"),
    )

    account_id: Mapped[int] = reference("account.id", ondelete="CASCADE", primary_key=True)
    originating: Mapped[int] = mapped_column(default=0)
    terminating: Mapped[int] = mapped_column(default=0)
    failures_in_row: Mapped[int] = mapped_column(default=0)
    rested_until: Mapped[Moment | None]
    pool_place: Mapped[int] = mapped_column(default=0)
