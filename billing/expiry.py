"""When a card expires and when its grace ends (features.md 3.7): days of the platform's zone, instants in UTC."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from billing.states import RechargeExtends

EXPIRY_DAYS_MAX: Final = 36_500  # a hundred years; also keeps every day inside the calendar of `date`
EXPIRY_DATE_MAX: Final = date(9000, 12, 31)


class ExpiryRefused(ValueError):
    """A date or a number of days out of range; the sentence says what to change."""


def expires_at(
    activated_at: datetime | None, expiry_date: date | None, expiry_period_days: int | None, timezone: tzinfo
) -> datetime | None:
    """The first instant at which the card is expired, aware UTC: the midnight that ends its last valid day.

    The last day is `expiry_date`, or the day of the activation + `expiry_period_days`; with both, the earlier (JC-38,
    JC-39). None: it never expires. A card that is not activated yet has only the date.
    """
    last_days: list[date] = []
    if expiry_date is not None:
        last_days.append(_checked_date(expiry_date))
    if activated_at is not None and expiry_period_days is not None:
        last_days.append(_local_day(activated_at, timezone) + timedelta(days=_checked_days(expiry_period_days)))
    return _end_of_day(min(last_days), timezone) if last_days else None


def grace_ends_at(expired_at: datetime | None, expiry_grace_days: int, timezone: tzinfo) -> datetime | None:
    """The first instant at which the balance lapses, aware UTC; equals `expired_at` without days of grace."""
    if expired_at is None:
        return None
    first_expired_day = _local_day(expired_at, timezone)
    return _end_of_day(first_expired_day + timedelta(days=_checked_days(expiry_grace_days) - 1), timezone)


def end_of_day(day: date, timezone: tzinfo) -> datetime:
    """The first instant after the day, aware UTC: a card with this last day is expired from then on."""
    return _end_of_day(_checked_date(day), timezone)


def last_day(ended_at: datetime, timezone: tzinfo) -> date:
    """The day that ends with this first expired instant: what is printed and said as "valid through"."""
    return _local_day(ended_at, timezone) - timedelta(days=1)


def recharged_expiry(
    extends: RechargeExtends,
    standing_expiry: datetime | None,
    expiry_date: date | None,
    expiry_period_days: int | None,
    now: datetime,
    timezone: tzinfo,
) -> datetime | None:
    """The expiry after a recharge: the period of the series once more, from today or from the last valid day.

    It is never earlier than before, and a date of the series still ends it. From an old date so long ago that the card
    would stay expired it counts from today: whoever recharges a card can use it. A card without an end keeps none.
    """
    if extends is RechargeExtends.NO or standing_expiry is None or expiry_period_days is None:
        return standing_expiry
    today = _local_day(now, timezone)
    old_day = last_day(standing_expiry, timezone)
    days = timedelta(days=_checked_days(expiry_period_days))
    begins = old_day if extends is RechargeExtends.FROM_OLD_DATE and old_day + days >= today else today
    new_day = begins + days if expiry_date is None else min(begins + days, expiry_date)
    return max(standing_expiry, end_of_day(min(new_day, EXPIRY_DATE_MAX), timezone))


def _local_day(moment: datetime, timezone: tzinfo) -> date:
    if moment.tzinfo is None:
        raise ValueError("A moment without its zone cannot be placed on a day.")
    return moment.astimezone(timezone).date()


def _end_of_day(day: date, timezone: tzinfo) -> datetime:
    """In a zone that skips midnight (clocks put forward), the instant of the skip."""
    return datetime.combine(day + timedelta(days=1), time.min, timezone).astimezone(UTC)


def _checked_date(expiry_date: date) -> date:
    if expiry_date > EXPIRY_DATE_MAX:
        raise ExpiryRefused(f"The expiration date {expiry_date} is too far: leave it empty for a card without end.")
    return expiry_date


def _checked_days(days: int) -> int:
    if not 0 <= days <= EXPIRY_DAYS_MAX:
        raise ExpiryRefused(f"{days} days are out of range: give a whole number from 0 to {EXPIRY_DAYS_MAX}.")
    return days
