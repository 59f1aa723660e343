"""The maintenance fee: which periods have fallen due, and what a card pays for them (features.md 3.6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billing.states import MaintenanceStarts

EVERY_HOURS_MAX: Final = 876_000  # a hundred years; keeps every period inside the calendar


@dataclass(frozen=True, slots=True)
class MaintenanceTerms:
    """`fee_micros` for every `every_hours` elapsed since the activation."""

    fee_micros: int
    every_hours: int
    starts: MaintenanceStarts = MaintenanceStarts.AFTER_PERIOD


@dataclass(frozen=True, slots=True)
class PeriodFee:
    """What is taken for one period; periods count from 1 at the activation."""

    period: int
    amount_micros: int


@dataclass(frozen=True, slots=True)
class FeesTaken:
    """The fees to book, in the order of their periods, and how many periods are dealt with after that."""

    fees: tuple[PeriodFee, ...]
    periods_done: int

    @property
    def amount_micros(self) -> int:
        return sum(fee.amount_micros for fee in self.fees)


def periods_due(terms: MaintenanceTerms, activated_at: datetime, expires_at: datetime | None, now: datetime) -> int:
    """How many fees have fallen due until now. Elapsed hours count, not calendar days, and none falls due after the
    expiry: a period that ends with the expiry is due, one that would begin with it is not.
    """
    period = timedelta(hours=_checked_hours(terms.every_hours))
    end = now if expires_at is None else min(now, expires_at)
    elapsed = end - activated_at
    if elapsed < timedelta(0):
        return 0
    if terms.starts is MaintenanceStarts.AFTER_PERIOD:
        return elapsed // period
    return -(-elapsed // period) if end == expires_at else elapsed // period + 1


def take_fees(
    terms: MaintenanceTerms, periods_done: int, periods_due: int, available_micros: int, *, has_open_hold: bool
) -> FeesTaken:
    """The fees of the periods after `periods_done`, never more than what is available.

    The last fee takes what is there; the rest is not owed, and its periods are done without a row. While a call is up
    nothing is forgiven, since money held may come back: a fee that is not wholly available waits for its end.
    """
    fees: list[PeriodFee] = []
    for period in range(periods_done + 1, periods_due + 1):
        amount_micros = min(terms.fee_micros, available_micros)
        if has_open_hold and amount_micros < terms.fee_micros:
            return FeesTaken(tuple(fees), period - 1)
        if amount_micros <= 0:
            break
        fees.append(PeriodFee(period, amount_micros))
        available_micros -= amount_micros
    return FeesTaken(tuple(fees), max(periods_done, periods_due))


def _checked_hours(every_hours: int) -> int:
    if not 1 <= every_hours <= EVERY_HOURS_MAX:
        raise ValueError(f"A period of {every_hours} hours: give a whole number from 1 to {EVERY_HOURS_MAX}.")
    return every_hours
