"""IVR plans: what a caller of an access number is asked and told (MOR's Calling Card Dial Plan)."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Name, reference

EMERGENCY_NUMBERS_DEFAULT = ("000", "110", "111", "112", "118", "119", "911", "999")


class IvrPlan(Base):
    """`rewrite_rules` is a list of billing.phone.RewriteRule as objects (MOR's location rules); they hold for
    caller ids and for destinations. `warning_seconds` are the times before the end at which the caller is warned
    in the call.
    """

    __tablename__ = "ivr_plan"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint(
            "first_key_seconds BETWEEN 3 AND 60 AND next_key_seconds BETWEEN 1 AND 30", "key_waits_in_range"
        ),
        CheckConstraint("caller_id_digits_min BETWEEN 3 AND 15", "caller_id_digits_in_range"),
    )

    id: Mapped[Id]
    name: Mapped[Name]
    is_enabled: Mapped[bool] = mapped_column(default=True)
    pinless_enabled: Mapped[bool] = mapped_column(default=False)
    languages: Mapped[list[str]] = mapped_column(JSON)
    welcome_prompt: Mapped[str | None] = mapped_column(String(80), default="welcome")
    first_key_seconds: Mapped[int] = mapped_column(default=10)
    next_key_seconds: Mapped[int] = mapped_column(default=5)
    caller_id_digits_min: Mapped[int] = mapped_column(default=7)
    rewrite_rules: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    emergency_numbers: Mapped[list[str]] = mapped_column(JSON, default=lambda: list(EMERGENCY_NUMBERS_DEFAULT))
    warning_seconds: Mapped[list[int]] = mapped_column(JSON, default=lambda: [60, 30])


class IvrPlanGroup(Base):
    """A card group that the plan accepts."""

    __tablename__ = "ivr_plan_group"

    ivr_plan_id: Mapped[int] = reference("ivr_plan.id", ondelete="CASCADE", primary_key=True)
    card_group_id: Mapped[int] = reference("card_group.id", primary_key=True)
