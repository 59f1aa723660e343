"""Security keys and passkeys of operators (WebAuthn), and the challenges that wait for an answer of one."""

from enum import StrEnum

from sqlalchemy import JSON, BigInteger, CheckConstraint, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Moment, reference, word


class Ceremony(StrEnum):
    """What an answer to a challenge is good for; one for the door adds no key."""

    REGISTER = "register"
    PROVE = "prove"


class OperatorPasskey(Base):
    """`credential_id` is the authenticator's name of the key, one over the platform; `public_key` is COSE's.
    `sign_count` is the authenticator's own counter: one that does not grow tells of a copy (0: it does not count).
    """

    __tablename__ = "operator_passkey"
    __table_args__ = (
        UniqueConstraint("credential_id"),
        CheckConstraint("sign_count >= 0", "count_not_negative"),
    )

    id: Mapped[Id]
    operator_id: Mapped[int] = reference("operator.id", ondelete="CASCADE", index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023))
    public_key: Mapped[bytes] = mapped_column(LargeBinary(2000))
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(JSON, default=list)
    name: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[Moment]
    used_at: Mapped[Moment | None]


class OperatorChallenge(Base):
    """Random bytes that an authenticator of this operator is to sign: taken away by the answer, good for minutes."""

    __tablename__ = "operator_challenge"
    __table_args__ = (CheckConstraint("length(challenge) = 32", "challenge_length"),)

    challenge: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    operator_id: Mapped[int] = reference("operator.id", ondelete="CASCADE", index=True)
    ceremony: Mapped[Ceremony] = mapped_column(word(Ceremony))
    made_at: Mapped[Moment]
