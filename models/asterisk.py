"""What the watcher knows: the state of each Asterisk, the calls that are up, and calls that an operator should see."""

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from billing.judge_call import AlarmKind
from models.base import Base, Moment, word


class AsteriskState(Base):
    """`seen_at` is when it last listed its channels, by the database's clock; `lost_at` is empty while it is up.

    `booted_at` is when it last started: what was up before cannot be up since.
    """

    __tablename__ = "asterisk"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    booted_at: Mapped[Moment | None]
    seen_at: Mapped[Moment | None]
    lost_at: Mapped[Moment | None]
    why: Mapped[str] = mapped_column(String(200), default="")
    channels: Mapped[int] = mapped_column(default=0)


class LiveCall(Base):
    """A call as Asterisk's control port tells of it. Stamps are ms since the epoch by the clock of Asterisk's machine.

    `leg_seen_at_ms` is the last heartbeat: when the carrier's leg was last seen up after its answer. No reference to
    the hold: what Asterisk carries is noted even if nobody authorised it.
    """

    __tablename__ = "live_call"

    call_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    asterisk: Mapped[str] = mapped_column(String(40))
    caller_channel: Mapped[str] = mapped_column(String(150), default="")
    leg_channel: Mapped[str] = mapped_column(String(150), default="")
    answered_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    leg_seen_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    seen_at: Mapped[Moment]


class CallAlarm(Base):
    """A call that was settled in a way that an operator should look at; once for each call and kind."""

    __tablename__ = "call_alarm"
    __table_args__ = (Index("ix_call_alarm_noted", "noted_at"),)

    call_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[AlarmKind] = mapped_column(word(AlarmKind), primary_key=True)
    details: Mapped[str] = mapped_column(String(300))
    noted_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
    closed_by: Mapped[str | None] = mapped_column(String(120))
