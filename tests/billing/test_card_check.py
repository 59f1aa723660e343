from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from billing.card_check import CardStanding, check_card
from billing.refusals import Refusal
from billing.states import CardStatus, CardType, SeriesStatus

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
GOOD = CardStanding(
    status=CardStatus.ACTIVATED,
    series_status=SeriesStatus.ACTIVE,
    card_type=CardType.STANDARD,
    expires_at=NOW + SECOND,
    grace_ends_at=NOW + SECOND,
    available_micros=10_000,
    empty_below_micros=10_000,
    open_holds=0,
    calls_max=1,
)
IN_USE = replace(GOOD, open_holds=1)
EMPTY = replace(IN_USE, open_holds=0, available_micros=9_999)
EXPIRED = replace(EMPTY, expires_at=NOW, grace_ends_at=NOW)
STOPPED = replace(EXPIRED, series_status=SeriesStatus.STOPPED)


@pytest.mark.parametrize("status", [CardStatus.PENDING, CardStatus.ACTIVATED])
def test_a_card_in_order_may_call(status: CardStatus) -> None:
    assert check_card(replace(GOOD, status=status), NOW) is None


@pytest.mark.parametrize(
    ("standing", "refusal"),
    [
        pytest.param(replace(STOPPED, status=CardStatus.INACTIVE), Refusal.CARD_NOT_ACTIVATED, id="1 inactive"),
        pytest.param(replace(EXPIRED, status=CardStatus.BLOCKED), Refusal.CARD_BLOCKED, id="2 blocked"),
        pytest.param(STOPPED, Refusal.CARD_BLOCKED, id="2 stopped"),
        pytest.param(replace(GOOD, series_status=SeriesStatus.DELETED), Refusal.CARD_BLOCKED, id="2 deleted"),
        pytest.param(EXPIRED, Refusal.CARD_EXPIRED, id="3 expired"),
        pytest.param(replace(EXPIRED, grace_ends_at=NOW + SECOND), Refusal.CARD_EXPIRED_GRACE, id="3 in grace"),
        pytest.param(
            replace(GOOD, status=CardStatus.EXPIRED, expires_at=None, grace_ends_at=None),
            Refusal.CARD_EXPIRED,
            id="3 by state alone",
        ),
        pytest.param(replace(IN_USE, status=CardStatus.USED), Refusal.CARD_USED_UP, id="4 used"),
        pytest.param(EMPTY, Refusal.CARD_USED_UP, id="4 empty"),
        pytest.param(IN_USE, Refusal.CARD_IN_USE, id="5 in use"),
    ],
)
def test_the_first_failing_line_decides(standing: CardStanding, refusal: Refusal) -> None:
    """features.md 5.3 CHECK: each standing fails all later lines as well, where it can."""
    assert check_card(standing, NOW) is refusal


def test_a_card_that_holds_its_last_money_is_in_use_and_not_empty() -> None:
    assert check_card(replace(IN_USE, available_micros=0), NOW) is Refusal.CARD_IN_USE


def test_an_unlimited_card_is_never_empty() -> None:
    """V-7"""
    assert check_card(replace(GOOD, card_type=CardType.UNLIMITED, available_micros=0), NOW) is None


def test_a_second_call_may_start_where_the_group_allows_two() -> None:
    assert check_card(replace(GOOD, open_holds=1, calls_max=2), NOW) is None


def test_a_disposable_card_never_makes_two_calls_at_a_time() -> None:
    """V-8"""
    standing = replace(GOOD, card_type=CardType.DISPOSABLE, open_holds=1, calls_max=2)
    assert check_card(standing, NOW) is Refusal.CARD_IN_USE


def test_a_card_without_end_does_not_expire() -> None:
    assert check_card(replace(GOOD, expires_at=None, grace_ends_at=None), NOW) is None
