"""The maintenance fee: the table of features.md 3.6 row by row, and what holds for every card (JC-37)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.fees import EVERY_HOURS_MAX, MaintenanceTerms, PeriodFee, periods_due, take_fees
from billing.states import MaintenanceStarts

ACTIVATED_AT = datetime(2026, 1, 1, 10, tzinfo=UTC)
QUARTER = 250_000
STARTS = st.sampled_from(MaintenanceStarts)
HOURS = st.integers(1, 2_000)
ELAPSED = st.timedeltas(timedelta(0), timedelta(days=400))


def terms(starts: MaintenanceStarts = MaintenanceStarts.AFTER_PERIOD, hours: int = 24) -> MaintenanceTerms:
    return MaintenanceTerms(QUARTER, hours, starts)


def due(elapsed: timedelta, *, expires_after: timedelta | None = None, of: MaintenanceTerms | None = None) -> int:
    expiry = None if expires_after is None else ACTIVATED_AT + expires_after
    return periods_due(of or terms(), ACTIVATED_AT, expiry, ACTIVATED_AT + elapsed)


@pytest.mark.parametrize(
    ("starts", "hours", "micros"),
    [
        (MaintenanceStarts.AFTER_PERIOD, 0, 0),
        (MaintenanceStarts.AFTER_PERIOD, 23, 0),
        (MaintenanceStarts.AFTER_PERIOD, 24, 250_000),
        (MaintenanceStarts.AFTER_PERIOD, 47, 250_000),
        (MaintenanceStarts.AFTER_PERIOD, 48, 500_000),
        (MaintenanceStarts.AFTER_PERIOD, 240, 2_500_000),
        (MaintenanceStarts.AT_ACTIVATION, 0, 250_000),
        (MaintenanceStarts.AT_ACTIVATION, 23, 250_000),
        (MaintenanceStarts.AT_ACTIVATION, 24, 500_000),
        (MaintenanceStarts.AT_ACTIVATION, 47, 500_000),
        (MaintenanceStarts.AT_ACTIVATION, 48, 750_000),
        (MaintenanceStarts.AT_ACTIVATION, 240, 2_750_000),
    ],
)
def test_the_table_of_the_trade(starts: MaintenanceStarts, hours: int, micros: int) -> None:
    """features.md 3.6: 0.25 every 24 h."""
    taken = take_fees(terms(), 0, due(timedelta(hours=hours), of=terms(starts)), 10**9, has_open_hold=False)
    assert taken.amount_micros == micros
    assert [fee.period for fee in taken.fees] == list(range(1, taken.periods_done + 1))


def test_elapsed_hours_count_and_not_days_of_the_calendar() -> None:
    """The night of 29 March 2026 has 23 hours in Vilnius: the day after, at the same time, is one hour short."""
    vilnius = ZoneInfo("Europe/Vilnius")
    noon = datetime(2026, 3, 28, 12, tzinfo=vilnius).astimezone(UTC)
    assert periods_due(terms(), noon, None, datetime(2026, 3, 29, 12, tzinfo=vilnius).astimezone(UTC)) == 0
    assert periods_due(terms(), noon, None, datetime(2026, 3, 29, 13, tzinfo=vilnius).astimezone(UTC)) == 1


def test_a_period_is_due_at_its_last_instant_and_not_before() -> None:
    day = timedelta(hours=24)
    assert due(day - timedelta(microseconds=1)) == 0
    assert due(day) == 1


@pytest.mark.parametrize(
    ("starts", "expires_after_hours", "periods"),
    [
        (MaintenanceStarts.AFTER_PERIOD, 47, 1),
        (MaintenanceStarts.AFTER_PERIOD, 48, 2),
        (MaintenanceStarts.AT_ACTIVATION, 47, 2),
        (MaintenanceStarts.AT_ACTIVATION, 48, 2),  # the third would begin with the expiry
        (MaintenanceStarts.AT_ACTIVATION, 49, 3),
    ],
)
def test_periods_end_at_the_expiry(starts: MaintenanceStarts, expires_after_hours: int, periods: int) -> None:
    expiry = timedelta(hours=expires_after_hours)
    assert due(timedelta(days=90), expires_after=expiry, of=terms(starts)) == periods
    assert due(expiry, expires_after=expiry, of=terms(starts)) == periods


def test_a_card_that_was_activated_later_owes_nothing_yet() -> None:
    assert due(timedelta(hours=-30), of=terms(MaintenanceStarts.AT_ACTIVATION)) == 0


def test_the_last_fee_takes_what_is_there_and_the_rest_is_not_owed() -> None:
    taken = take_fees(terms(), 2, 6, 600_000, has_open_hold=False)
    assert taken.fees == (PeriodFee(3, QUARTER), PeriodFee(4, QUARTER), PeriodFee(5, 100_000))
    assert taken.periods_done == 6


def test_while_a_call_is_up_a_fee_that_is_not_wholly_there_waits() -> None:
    taken = take_fees(terms(), 2, 6, 600_000, has_open_hold=True)
    assert taken.fees == (PeriodFee(3, QUARTER), PeriodFee(4, QUARTER))
    assert taken.periods_done == 4


def test_without_a_fee_the_periods_are_done() -> None:
    taken = take_fees(MaintenanceTerms(0, 24), 0, 5, 10**9, has_open_hold=True)
    assert (taken.fees, taken.periods_done) == ((), 5)


def test_a_period_out_of_range_is_refused() -> None:
    for hours in (0, -1, EVERY_HOURS_MAX + 1):
        with pytest.raises(ValueError, match="whole number from 1"):
            due(timedelta(0), of=terms(hours=hours))


@given(STARTS, HOURS, ELAPSED, ELAPSED, st.none() | ELAPSED)
def test_what_is_due_never_becomes_less(
    starts: MaintenanceStarts, hours: int, some: timedelta, more: timedelta, expiry: timedelta | None
) -> None:
    of = terms(starts, hours)
    assert due(some, expires_after=expiry, of=of) <= due(some + more, expires_after=expiry, of=of)


@given(HOURS, ELAPSED, st.none() | ELAPSED)
def test_a_fee_at_activation_is_at_most_one_more(hours: int, elapsed: timedelta, expiry: timedelta | None) -> None:
    after, at = (due(elapsed, expires_after=expiry, of=terms(starts, hours)) for starts in MaintenanceStarts)
    assert 0 <= at - after <= 1
    if expiry is None or elapsed < expiry:
        assert at == after + 1


@given(st.integers(0, 10**6), st.integers(0, 60), st.integers(0, 60), st.integers(0, 10**7))
def test_no_more_is_taken_than_is_there_and_no_period_twice(
    fee_micros: int, done: int, more: int, available_micros: int
) -> None:
    for has_open_hold in (False, True):
        taken = take_fees(
            MaintenanceTerms(fee_micros, 24), done, done + more, available_micros, has_open_hold=has_open_hold
        )
        assert 0 <= taken.amount_micros <= available_micros
        assert [fee.period for fee in taken.fees] == list(range(done + 1, done + 1 + len(taken.fees)))
        assert all(0 < fee.amount_micros <= fee_micros for fee in taken.fees)
        assert all(fee.amount_micros == fee_micros for fee in taken.fees[:-1])
        assert done <= taken.periods_done <= done + more


@given(st.integers(1, 10**6), st.lists(st.integers(0, 5), max_size=8), st.integers(0, 10**7))
def test_catching_up_gives_the_same_as_being_on_time(fee_micros: int, runs: list[int], available_micros: int) -> None:
    """F24: the same rows, whether the job ran at each period or once at the end."""
    of = MaintenanceTerms(fee_micros, 24)
    at_once = take_fees(of, 0, sum(runs), available_micros, has_open_hold=False)
    done, left_micros, fees = 0, available_micros, []
    for periods in runs:
        step = take_fees(of, done, done + periods, left_micros, has_open_hold=False)
        fees += step.fees
        done, left_micros = step.periods_done, left_micros - step.amount_micros
    assert (tuple(fees), done) == (at_once.fees, at_once.periods_done)
