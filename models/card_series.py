"""Card series: one production batch inside a group, with its commercial terms (JeraSoft's series)."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing.states import CardStatus, MaintenanceStarts, RechargeExtends, SeriesStatus
from models.base import Base, Id, Micros, Moment, reference, word


class CardSeries(Base):
    """`number` stands before the serial in each card number (JC-9). A card number is that and nine digits."""

    __tablename__ = "card_series"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("number BETWEEN 1 AND 100000000", "number_in_range"),
        CheckConstraint("quantity BETWEEN 1 AND 1000000", "quantity_in_range"),
        CheckConstraint("pin_length BETWEEN 8 AND 16", "pin_length_in_range"),
        CheckConstraint(
            "face_value_micros >= 0 AND activation_fee_micros >= 0 AND maintenance_fee_micros >= 0",
            "amounts_not_negative",
        ),
        CheckConstraint("maintenance_every_hours >= 1", "maintenance_period_positive"),
        CheckConstraint("expiry_period_days IS NULL OR expiry_period_days >= 1", "expiry_period_positive"),
        CheckConstraint("expiry_grace_days >= 0", "grace_not_negative"),
        CheckConstraint("initial_card_status IN ('inactive', 'pending')", "initial_status_unused"),
    )

    id: Mapped[Id]
    card_group_id: Mapped[int] = reference("card_group.id")
    number: Mapped[int]
    name: Mapped[str | None] = mapped_column(String(120))
    status: Mapped[SeriesStatus] = mapped_column(word(SeriesStatus), default=SeriesStatus.ACTIVE)
    face_value_micros: Mapped[Micros]
    quantity: Mapped[int]
    first_serial: Mapped[int]
    pin_length: Mapped[int] = mapped_column(default=12)
    initial_card_status: Mapped[CardStatus] = mapped_column(word(CardStatus), default=CardStatus.PENDING)
    portal_login: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[str | None] = mapped_column(String(2000))
    rate_table_id: Mapped[int] = reference("rate_table.id")
    tax_profile_id: Mapped[int | None] = reference("tax_profile.id")
    routing_plan_id: Mapped[int | None] = reference("routing_plan.id")
    activation_fee_micros: Mapped[Micros]
    maintenance_fee_micros: Mapped[Micros]
    maintenance_every_hours: Mapped[int] = mapped_column(default=24)
    maintenance_starts: Mapped[MaintenanceStarts] = mapped_column(
        word(MaintenanceStarts), default=MaintenanceStarts.AFTER_PERIOD
    )
    expiry_date: Mapped[date | None] = mapped_column(Date)
    expiry_period_days: Mapped[int | None]
    expiry_grace_days: Mapped[int] = mapped_column(default=0)
    recharge_extends_expiry: Mapped[RechargeExtends] = mapped_column(word(RechargeExtends), default=RechargeExtends.NO)
    reseller_id: Mapped[int | None] = reference("reseller.id")
    created_at: Mapped[Moment]
    # Made by the demo: only such cards are shown with their PINs by the demo's commands.
    is_demo: Mapped[bool] = mapped_column(default=False)
    # Empty while the cards are still being made: until then no card of the series exists for a caller (JC-28).
    made_at: Mapped[Moment | None]
    version: Mapped[int] = mapped_column(default=1)
