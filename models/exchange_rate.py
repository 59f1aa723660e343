"""Exchange rates: what a unit of a currency was worth in the currency of reports. No call and no balance knows them."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Date
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Currency


class ExchangeRate(Base):
    """From `day` on until the next day that has one. `value_parts` are millionths of a micro (billing.exchange)."""

    __tablename__ = "exchange_rate"
    __table_args__ = (
        CheckConstraint("value_parts > 0", "value_positive"),
        CheckConstraint("currency <> report_currency", "of_another_currency"),
    )

    report_currency: Mapped[Currency] = mapped_column(primary_key=True)
    currency: Mapped[Currency] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    value_parts: Mapped[int] = mapped_column(BigInteger)
