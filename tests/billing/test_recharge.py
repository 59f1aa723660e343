"""The rules of a recharge, line by line, in the order in which they decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.card_check import CardStanding
from billing.recharge import RechargeProblem, RechargeTerms, check_recharge
from billing.states import CardStatus, CardType, SeriesStatus

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOON = NOW + timedelta(days=1)
TERMS = RechargeTerms(min_micros=5, max_micros=10)
GOOD = CardStanding(
    status=CardStatus.ACTIVATED,
    series_status=SeriesStatus.ACTIVE,
    card_type=CardType.RECHARGEABLE,
    expires_at=None,
    grace_ends_at=None,
    available_micros=0,
    empty_below_micros=1,
    open_holds=0,
    calls_max=1,
)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"status": CardStatus.PENDING}, None),
        ({"status": CardStatus.USED}, None),
        ({"open_holds": 1}, None),
        ({"expires_at": NOW, "grace_ends_at": SOON}, None),
        ({"status": CardStatus.EXPIRED, "expires_at": NOW, "grace_ends_at": SOON}, None),
        ({"expires_at": NOW, "grace_ends_at": NOW}, RechargeProblem.EXPIRED),
        ({"series_status": SeriesStatus.DELETED, "expires_at": NOW}, RechargeProblem.SERIES_NOT_ACTIVE),
        ({"status": CardStatus.BLOCKED, "series_status": SeriesStatus.STOPPED}, RechargeProblem.BLOCKED),
        ({"status": CardStatus.INACTIVE, "series_status": SeriesStatus.STOPPED}, RechargeProblem.NOT_RELEASED),
        ({"card_type": CardType.DISPOSABLE, "status": CardStatus.BLOCKED}, RechargeProblem.NOT_RECHARGEABLE),
    ],
)
def test_the_first_failing_line_decides(changes: dict[str, Any], problem: RechargeProblem | None) -> None:
    """V-6, features.md 3.2."""
    assert check_recharge(replace(GOOD, **changes), TERMS, 5, NOW) is problem
    hides_amount = problem if problem is not None else RechargeProblem.BELOW_MINIMUM
    assert check_recharge(replace(GOOD, **changes), TERMS, 4, NOW) is hides_amount


@pytest.mark.parametrize(("amount", "problem"), [(4, "below_minimum"), (5, None), (10, None), (11, "above_maximum")])
def test_the_limits_are_part_of_what_is_allowed(amount: int, problem: str | None) -> None:
    """V-28."""
    assert check_recharge(GOOD, TERMS, amount, NOW) == problem


def test_without_a_maximum_any_amount_will_do() -> None:
    assert check_recharge(GOOD, RechargeTerms(0, None), 10**15, NOW) is None
