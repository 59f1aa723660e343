"""The arithmetic of the guard: the figures of reliability.md 11, locks that double, and shares of wrong tries."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from billing.guard import (
    HISTORY_MASK,
    LOSS_PARTS,
    LOSS_WHOLE,
    GateFacts,
    GuardRules,
    Standing,
    TryVerdict,
    after_failure,
    after_undialled,
    answer_delay_seconds,
    daily_budget,
    is_alarming,
    is_over_share,
    judge,
    lock_seconds,
    with_wrong,
)
from billing.refusals import Refusal

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
QUIET = GateFacts(None, 0, 0, 0, None)
LATER = TryVerdict(allowed=False, tries_allowed=0, refusal=Refusal.TRY_AGAIN_LATER)


@pytest.mark.parametrize(
    ("length", "live", "budget"),
    [
        (8, 100_000, 0),  # 0.03
        (10, 100_000, 2),  # 2.8
        (12, 100_000, 275),
        (14, 100_000, 27_535),
        (8, 1, 2_753),  # number and PIN
        (8, 10, 275),  # the most cards of PIN only with 8 digits (features.md 3.9)
        (16, 1_000_000_000, 275),
        (12, 0, 27_535_166),  # no live card: as if there were one
    ],
)
def test_the_daily_budget_is_that_of_the_page(length: int, live: int, budget: int) -> None:
    """reliability.md 11: G = -ln(0.99) x 10^L / N / 365."""
    assert daily_budget(length, live) == budget


def test_the_loss_is_minus_the_logarithm_of_99_percent_to_twelve_places() -> None:
    assert abs(Fraction(LOSS_PARTS, LOSS_WHOLE) - Fraction(-math.log(0.99))) < Fraction(1, 10**12)


@pytest.mark.parametrize("length", range(8, 17))
def test_a_year_of_spent_budgets_hits_with_at_most_one_percent(length: int) -> None:
    live = 10 ** (length - 7)  # as many cards as the PIN space may hold
    tries = daily_budget(length, live) * 365
    assert 1 - math.exp(tries * math.log1p(-live / 10**length)) <= 0.01


def test_half_of_the_budget_is_alarming() -> None:
    assert not is_alarming(137, 275)
    assert is_alarming(138, 275)


def test_locks_double_from_15_minutes_to_a_day() -> None:
    assert [lock_seconds(locks) // 60 for locks in range(1, 10)] == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]
    assert lock_seconds(10_000) == 86_400


def fail(standing: Standing, *minutes: int) -> Standing:
    for minute in minutes:
        standing = after_failure(standing, NOW + timedelta(minutes=minute), 5, 900)
    return standing


def test_five_failures_in_fifteen_minutes_lock_and_four_do_not() -> None:
    """V-33."""
    assert fail(Standing(), 0, 1, 2, 3).locked_until is None
    assert fail(Standing(), 0, 1, 2, 3, 14) == Standing((), 1, NOW + timedelta(minutes=29))
    assert fail(Standing(), 0, 1, 2, 3, 15).locked_until is None


def test_the_window_slides() -> None:
    """A window that began anew every 15 minutes would let seven wrong entries pass within two of them."""
    assert fail(Standing(), 0, 11, 12, 13, 16, 17).locks == 1


def test_the_second_lock_is_twice_as_long() -> None:
    once = fail(Standing(), 0, 0, 0, 0, 0)
    twice = fail(once, 20, 20, 20, 20, 20)
    assert (twice.locks, twice.locked_until) == (2, NOW + timedelta(minutes=50))


def test_a_day_without_a_wrong_entry_forgives_the_locks_before() -> None:
    once = fail(Standing(), 0, 0, 0, 0, 0)
    day = 24 * 60
    assert fail(once, 15 + day - 1).locks == 1
    assert fail(once, 15 + day).locks == 0


def test_more_than_thirty_percent_of_the_last_fifty_is_too_much() -> None:
    history = 0
    for wrong in range(1, 17):
        history = with_wrong(history)
        assert is_over_share(history, 30) is (wrong == 16)
    for _ in range(100):
        history = with_wrong(history)
    assert history == HISTORY_MASK


def test_the_delay_grows_with_the_share() -> None:
    assert [answer_delay_seconds(wrong, 30) for wrong in (0, 15, 16, 20, 21, 26, 31, 36, 50)] == [
        0, 0, 1, 1, 2, 4, 8, 10, 10,
    ]  # fmt: skip


def test_the_eleventh_call_of_an_hour_without_a_destination_waits_for_the_first_to_be_an_hour_old() -> None:
    """features.md 3.10."""
    standing = Standing()
    for minute in range(10):
        assert standing.locked_until is None
        standing = after_undialled(standing, NOW + timedelta(minutes=minute), 10)
    assert standing.locked_until == NOW + timedelta(hours=1)
    assert after_undialled(standing, NOW + timedelta(hours=1), 10).locked_until == NOW + timedelta(minutes=61)


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (QUIET, TryVerdict(allowed=True)),
        (GateFacts(NOW, 0, 0, 0, None), TryVerdict(allowed=True)),
        (GateFacts(NOW + timedelta(seconds=1), 0, 0, 0, None), LATER),
        (GateFacts(None, 0, 0, 274, 275), TryVerdict(allowed=True)),
        (GateFacts(None, 0, 0, 275, 275), LATER),
        (GateFacts(None, 0, 0, 0, 0), LATER),
        (GateFacts(None, (1 << 16) - 1, 0, 0, None), TryVerdict(allowed=True, tries_allowed=1, delay_seconds=1)),
        (GateFacts(None, 0, (1 << 21) - 1, 0, None), TryVerdict(allowed=True, tries_allowed=1, delay_seconds=2)),
        (
            GateFacts(None, 0, 0, 0, None, card_locked_until=NOW + timedelta(hours=1)),
            TryVerdict(allowed=True, is_card_locked=True),
        ),
    ],
)
def test_the_gates_of_the_page(facts: GateFacts, verdict: TryVerdict) -> None:
    """features.md 5.3 and reliability.md 11."""
    assert judge(facts, GuardRules(), NOW, budget_refuses=True) == verdict


def test_a_spent_budget_refuses_only_where_a_secret_alone_is_asked() -> None:
    spent = GateFacts(None, 0, 0, 275, 275)
    assert judge(spent, GuardRules(), NOW, budget_refuses=False).allowed


def test_a_call_shop_has_a_limit_of_its_own() -> None:
    rules = GuardRules(shop_caller_ids=frozenset({"15550100"}), withheld_failures_max=7)
    assert [rules.failures_max(caller) for caller in ("15550100", "15550101", None)] == [50, 5, 7]
    assert [rules.undialled_max(caller) for caller in ("15550100", "15550101")] == [100, 10]
