from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from billing.expiry import ExpiryRefused, end_of_day, expires_at, grace_ends_at, last_day, recharged_expiry
from billing.states import RechargeExtends

BERLIN = ZoneInfo("Europe/Berlin")
ACTIVATED_AT = datetime(2026, 1, 1, 9, tzinfo=UTC)  # 10:00 in Berlin


def test_the_example_of_vos_ends_with_31_january_and_7_february() -> None:
    """features.md 3.7, V-12: activated on 1 January, 30 days, 7 of grace."""
    expiry = expires_at(ACTIVATED_AT, None, 30, BERLIN)
    assert expiry == datetime(2026, 2, 1, tzinfo=BERLIN)
    assert grace_ends_at(expiry, 7, BERLIN) == datetime(2026, 2, 8, tzinfo=BERLIN)


def test_the_instants_are_utc() -> None:
    expiry = expires_at(ACTIVATED_AT, None, 30, BERLIN)
    assert expiry is not None
    assert expiry.isoformat() == "2026-01-31T23:00:00+00:00"


@pytest.mark.parametrize(
    ("expiry_date", "period_days", "first_expired_day"),
    [
        (date(2026, 1, 31), None, date(2026, 2, 1)),
        (date(2026, 1, 20), 30, date(2026, 1, 21)),
        (date(2026, 3, 1), 30, date(2026, 2, 1)),
        (None, 0, date(2026, 1, 2)),
    ],
)
def test_the_earlier_of_date_and_period_wins(
    expiry_date: date | None, period_days: int | None, first_expired_day: date
) -> None:
    """JC-38, JC-39"""
    expiry = expires_at(ACTIVATED_AT, expiry_date, period_days, BERLIN)
    assert expiry == datetime.combine(first_expired_day, datetime.min.time(), BERLIN)


def test_neither_date_nor_period_is_never() -> None:
    assert expires_at(ACTIVATED_AT, None, None, BERLIN) is None
    assert grace_ends_at(None, 7, BERLIN) is None


def test_a_card_not_activated_yet_has_only_the_date() -> None:
    assert expires_at(None, None, 30, BERLIN) is None
    assert expires_at(None, date(2026, 1, 31), 30, BERLIN) == datetime(2026, 2, 1, tzinfo=BERLIN)


def test_the_day_of_activation_is_the_platforms_day() -> None:
    late_on_new_years_eve_in_utc = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    assert expires_at(late_on_new_years_eve_in_utc, None, 1, BERLIN) == datetime(2026, 1, 3, tzinfo=BERLIN)


def test_no_days_of_grace_end_at_the_expiry() -> None:
    expiry = expires_at(ACTIVATED_AT, None, 30, BERLIN)
    assert grace_ends_at(expiry, 0, BERLIN) == expiry


def test_a_day_that_begins_at_one_oclock_ends_the_day_before_it() -> None:
    """Santiago's clocks skip the first hour of 6 September 2026; grace still counts from that day."""
    santiago = ZoneInfo("America/Santiago")
    expiry = expires_at(None, date(2026, 9, 5), None, santiago)
    assert expiry == datetime(2026, 9, 6, 4, tzinfo=UTC)
    assert grace_ends_at(expiry, 1, santiago) == datetime(2026, 9, 7, tzinfo=santiago)


def test_what_is_out_of_range_is_refused() -> None:
    with pytest.raises(ExpiryRefused, match="too far"):
        expires_at(None, date.max, None, BERLIN)
    with pytest.raises(ExpiryRefused, match="0 to 36500"):
        expires_at(ACTIVATED_AT, None, 36_501, BERLIN)
    with pytest.raises(ExpiryRefused, match="-1 days"):
        grace_ends_at(ACTIVATED_AT, -1, BERLIN)
    with pytest.raises(ValueError, match="without its zone"):
        expires_at(ACTIVATED_AT.replace(tzinfo=None), None, 1, BERLIN)


VILNIUS = ZoneInfo("Europe/Vilnius")
STANDING = datetime(2026, 7, 1, tzinfo=VILNIUS).astimezone(UTC)  # valid through 30 June


@pytest.mark.parametrize(
    ("extends", "now", "series_date", "valid_through"),
    [
        (RechargeExtends.NO, "2026-06-20", None, date(2026, 6, 30)),
        (RechargeExtends.FROM_NOW, "2026-06-20", None, date(2026, 7, 20)),
        (RechargeExtends.FROM_OLD_DATE, "2026-06-20", None, date(2026, 7, 30)),
        (RechargeExtends.FROM_NOW, "2026-07-05", None, date(2026, 8, 4)),  # in its grace
        (RechargeExtends.FROM_OLD_DATE, "2026-07-05", None, date(2026, 7, 30)),
        (RechargeExtends.FROM_OLD_DATE, "2026-08-05", None, date(2026, 9, 4)),  # the old date is too long ago
        (RechargeExtends.FROM_NOW, "2026-05-01", None, date(2026, 6, 30)),  # never shorter
        (RechargeExtends.FROM_OLD_DATE, "2026-06-20", date(2026, 7, 10), date(2026, 7, 10)),
        (RechargeExtends.FROM_NOW, "2026-06-20", date(2026, 6, 1), date(2026, 6, 30)),
    ],
)
def test_a_recharge_lengthens_a_card_as_its_series_says(
    extends: RechargeExtends, now: str, series_date: date | None, valid_through: date
) -> None:
    """features.md 3.7: no, from now, or from the old date; a date of the series still ends it."""
    moment = datetime.fromisoformat(now).replace(hour=12, tzinfo=UTC)
    expiry = recharged_expiry(extends, STANDING, series_date, 30, moment, VILNIUS)
    assert expiry == end_of_day(valid_through, VILNIUS)
    assert last_day(expiry, VILNIUS) == valid_through


def test_a_card_without_an_end_or_a_period_is_not_changed_by_a_recharge() -> None:
    from_now = RechargeExtends.FROM_NOW
    assert recharged_expiry(from_now, None, None, 30, STANDING, VILNIUS) is None
    assert recharged_expiry(from_now, STANDING, None, None, STANDING, VILNIUS) == STANDING


def test_days_end_by_the_platforms_clock_over_the_change_of_clocks() -> None:
    new_york = ZoneInfo("America/New_York")
    activated_at = datetime(2026, 3, 7, 23, 30, tzinfo=new_york)
    assert expires_at(activated_at, None, 1, new_york) == datetime(2026, 3, 9, 4, tzinfo=UTC)
    assert expires_at(activated_at, None, 0, new_york) == datetime(2026, 3, 8, 5, tzinfo=UTC)
