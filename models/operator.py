"""Operators of the platform, and their sessions in the console. No password and no token stands here in clear."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.rights import Role
from models.base import Base, Id, Moment, Name, reference, word


class Operator(Base):
    """`name_key` is the name in small letters, by which one signs in. `password_hash` is argon2id's, empty until one is
    set; `password_until` is when it ceases to let in where it was drawn for the operator, empty where it is its own;
    `totp_sealed` the secret of the second factor under the key of that number, `totp_step` the last step that was
    used (a code is good once). `recovery_codes` holds the digests of those that are left.
    """

    __tablename__ = "operator"
    __table_args__ = (
        UniqueConstraint("name_key"),
        CheckConstraint("(role = 'reseller') = (reseller_id IS NOT NULL)", "reseller_has_its_own"),
        CheckConstraint("(role = 'distributor') = (distributor_id IS NOT NULL)", "distributor_has_its_own"),
        CheckConstraint("(totp_sealed IS NULL) = (totp_key IS NULL)", "second_factor_names_its_key"),
        CheckConstraint("failures_in_row >= 0", "failures_not_negative"),
    )

    id: Mapped[Id]
    name: Mapped[Name]
    name_key: Mapped[Name]
    role: Mapped[Role] = mapped_column(word(Role))
    reseller_id: Mapped[int | None] = reference("reseller.id")
    distributor_id: Mapped[int | None] = reference("distributor.id")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_until: Mapped[Moment | None]
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary(200))
    totp_key: Mapped[int | None]
    totp_step: Mapped[int] = mapped_column(default=0)
    recovery_codes: Mapped[list[str]] = mapped_column(JSON, default=list)
    failures_in_row: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[Moment | None]
    language: Mapped[str | None] = mapped_column(String(8))
    preferences: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default=text("'{}'"))
    created_at: Mapped[Moment]
    signed_in_at: Mapped[Moment | None]
    version: Mapped[int] = mapped_column(default=1)


class OperatorSession(Base):
    """`token_digest` is the SHA-256 of the cookie's token. `proved_at` is when the password was last entered: revealing
    a secret asks for it again after some minutes.
    """

    __tablename__ = "operator_session"
    __table_args__ = (CheckConstraint("length(token_digest) = 32", "digest_length"),)

    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    operator_id: Mapped[int] = reference("operator.id", ondelete="CASCADE", index=True)
    created_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    proved_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    address: Mapped[str | None] = mapped_column(String(45))
    browser: Mapped[str | None] = mapped_column(String(200))
