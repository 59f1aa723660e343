"""Tax profiles: the taxes added to the price of a call."""

from sqlalchemy import CheckConstraint, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Name, reference


class TaxProfile(Base):
    """With `is_inclusive` the prices of the rate table contain the taxes; else they come on top."""

    __tablename__ = "tax_profile"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Id]
    name: Mapped[Name]
    is_inclusive: Mapped[bool] = mapped_column(default=False, server_default=false())
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class TaxRate(Base):
    """One tax of a profile, in parts per million (200,000 = 20 %) of the untaxed price; a compound one, of that price
    and the taxes before it.
    """

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
    is_compound: Mapped[bool] = mapped_column(default=False, server_default=false())
