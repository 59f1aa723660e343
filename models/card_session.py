"""Sessions of card holders in the portal. No token stands here in clear."""

from sqlalchemy import CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Moment, reference


class CardSession(Base):
    """`token_digest` is the SHA-256 of the cookie's token; `pin_mark` that of the card's PIN digest when it was
    entered: with another PIN the session is over.
    """

    __tablename__ = "card_session"
    __table_args__ = (
        CheckConstraint("length(token_digest) = 32", "digest_length"),
        CheckConstraint("length(pin_mark) = 32", "mark_length"),
    )

    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    card_id: Mapped[int] = reference("card.id", ondelete="CASCADE", index=True)
    pin_mark: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    address: Mapped[str | None] = mapped_column(String(45))
