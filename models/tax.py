"""Tax profiles: the taxes added to the price of a call."""

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import Base, Id, Name, reference


class TaxProfile(Base):
    __tablename__ = "tax_profile"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Id]
    name: Mapped[Name]


class TaxRate(Base):
    """One tax of a profile, in parts per million of the untaxed price (200,000 = 20 %)."""

    __tablename__ = "tax_rate"
    __table_args__ = (
        UniqueConstraint("tax_profile_id", "position"),
        UniqueConstraint("tax_profile_id", "name"),
        CheckConstraint("parts_per_million BETWEEN 1 AND 1000000", "rate_in_range"),
        # As billing.tariff has it: a sixth tax or a longer name would be refused in the middle of a call.
        CheckConstraint("position BETWEEN 0 AND 4", "at_most_five"),
        CheckConstraint("length(name) BETWEEN 1 AND 40", "name_fits_a_ledger_line"),
    )

    id: Mapped[Id]
    tax_profile_id: Mapped[int] = reference("tax_profile.id", ondelete="CASCADE")
    position: Mapped[int]
    name: Mapped[Name]
    parts_per_million: Mapped[int]
