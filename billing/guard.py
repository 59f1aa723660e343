"""The arithmetic of the guard against guessing: how many wrong entries a day, when a lock begins and how long it
lasts, and what the last tries of an access number say (reliability.md 11). Whole numbers only.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billing.refusals import Refusal

# -ln(0.99), cut after 12 places: budgets spent on every day of a year hit any secret with a chance of at most 1 %.
LOSS_PARTS: Final = 10_050_335_853
LOSS_WHOLE: Final = 10**12
DAYS_A_YEAR: Final = 365
BUDGET_MAX: Final = 10**15  # what a column holds with ease; no one keys that many entries a day

HISTORY_TRIES: Final = 50  # the last tries of an access number or trunk, one bit each, the newest lowest
HISTORY_MASK: Final = (1 << HISTORY_TRIES) - 1
DELAY_SECONDS_MAX: Final = 10  # a caller who made no mistake waits as long, so it stays bearable
WRONG_PER_DELAY_DOUBLING: Final = 5

LOCK_SECONDS_FIRST: Final = 15 * 60
LOCK_SECONDS_MAX: Final = 24 * 3_600
UNDIALLED_WINDOW_SECONDS: Final = 3_600


@dataclass(frozen=True, slots=True)
class GuardRules:
    """What an operator may set; the defaults are those of reliability.md 11 and features.md 3.10.

    `shop_caller_ids` are phones that many people share (call shops): they get `shop_failures_max` instead of
    `caller_failures_max`, and as much more for calls without a destination.
    """

    caller_failures_max: int = 5
    withheld_failures_max: int = 5
    window_seconds: int = 900
    shop_caller_ids: frozenset[str] = frozenset()
    shop_failures_max: int = 50
    card_failures_max: int = 5
    card_lock_seconds: int = 86_400
    share_percent_max: int = 30
    undialled_an_hour_max: int = 10

    def failures_max(self, caller_id: str | None) -> int:
        if caller_id is None:
            return self.withheld_failures_max
        return self.shop_failures_max if caller_id in self.shop_caller_ids else self.caller_failures_max

    def undialled_max(self, caller_id: str) -> int:
        many = self.shop_failures_max // self.caller_failures_max if caller_id in self.shop_caller_ids else 1
        return self.undialled_an_hour_max * max(1, many)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one caller: the moments of the last failures (seconds since 1970, oldest first), and locks.

    `locks` counts the locks in a row.
    """

    moments: tuple[int, ...] = ()
    locks: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the guard has counted about one entry, or about a caller before the first."""

    caller_locked_until: datetime | None
    access_history: int
    trunk_history: int
    budget_failures: int
    budget_allowed: int | None  # None: nothing wrong was keyed today
    card_locked_until: datetime | None = None
    undialled_until: datetime | None = None
    blocked_at: datetime | None = None  # an operator has blocked this phone


@dataclass(frozen=True, slots=True)
class TryVerdict:
    """Whether an entry may be tried. `tries_allowed` is None where nothing narrows the door's own number of tries.

    Wait `delay_seconds` before each answer, right or wrong. Where `is_card_locked`, judge the entry wrong whatever was
    keyed, and record the failure, so that the answer is that of a wrong one.
    """

    allowed: bool
    tries_allowed: int | None = None
    delay_seconds: int = 0
    refusal: Refusal | None = None
    is_card_locked: bool = False


def daily_budget(secret_length: int, live_secrets: int) -> int:
    """Wrong entries a day over the whole platform, so that any is right within a year by a chance of at most 1 %:
    G = floor(-ln(0.99) * 10^L / N / 365).
    """
    guesses: int = LOSS_PARTS * 10**secret_length // (LOSS_WHOLE * max(live_secrets, 1) * DAYS_A_YEAR)
    return min(guesses, BUDGET_MAX)


def is_alarming(failures: int, allowed: int) -> bool:
    """Half of the day's budget is spent."""
    return failures * 2 >= allowed


def judge(facts: GateFacts, rules: GuardRules, now: datetime, *, budget_refuses: bool) -> TryVerdict:
    """`budget_refuses`: only a secret is asked, so that the spent budget shuts the door (features.md 5.3)."""
    is_spent = facts.budget_allowed is not None and facts.budget_failures >= facts.budget_allowed
    is_shut = facts.blocked_at is not None or is_before(now, facts.caller_locked_until)
    if is_shut or (budget_refuses and is_spent):
        return TryVerdict(allowed=False, tries_allowed=0, refusal=Refusal.TRY_AGAIN_LATER)
    wrong = max(facts.access_history.bit_count(), facts.trunk_history.bit_count())
    delay_seconds = answer_delay_seconds(wrong, rules.share_percent_max)
    return TryVerdict(
        allowed=True,
        tries_allowed=1 if delay_seconds else None,
        delay_seconds=delay_seconds,
        is_card_locked=is_before(now, facts.card_locked_until),
    )


def is_before(now: datetime, until: datetime | None) -> bool:
    return until is not None and now < until


def after_failure(standing: Standing, now: datetime, failures_max: int, window_seconds: int) -> Standing:
    """One more wrong entry: the last one of too many within the window begins a lock, twice as long as the lock
    before. A day without a lock and without a wrong entry forgives the locks before.
    """
    second = int(now.timestamp())
    locks = 0 if _is_forgiven(standing, second) else standing.locks
    recent = tuple(moment for moment in standing.moments if moment > second - window_seconds)
    moments = (*recent, second)
    if len(moments) < failures_max:
        return Standing(moments, locks, standing.locked_until)
    return Standing((), locks + 1, now + timedelta(seconds=lock_seconds(locks + 1)))


def lock_seconds(locks: int) -> int:
    """15 minutes, doubling with each lock in a row, up to a day."""
    doublings = min(locks - 1, LOCK_SECONDS_MAX.bit_length())
    return min(LOCK_SECONDS_FIRST << doublings, LOCK_SECONDS_MAX)


def after_undialled(standing: Standing, now: datetime, calls_max: int) -> Standing:
    """One more call that ended without a destination: the last one of too many in an hour shuts the door until the
    oldest is an hour old.
    """
    second = int(now.timestamp())
    moments = (*(moment for moment in standing.moments if moment > second - UNDIALLED_WINDOW_SECONDS), second)
    kept = moments[-calls_max:]
    if len(kept) < calls_max:
        return Standing(kept)
    wait_seconds = kept[0] + UNDIALLED_WINDOW_SECONDS - second
    return Standing(kept, locked_until=now + timedelta(seconds=max(1, wait_seconds)))


def with_wrong(history: int) -> int:
    """The last tries after one more wrong one."""
    return (history << 1 | 1) & HISTORY_MASK


def is_over_share(history: int, share_percent_max: int) -> bool:
    """More than the permitted share of the last 50 tries was wrong."""
    return history.bit_count() * 100 > share_percent_max * HISTORY_TRIES


def answer_delay_seconds(wrong: int, share_percent_max: int) -> int:
    """0 within the permitted share; above it 1 second, doubling with each further five wrong of the last 50."""
    surplus = wrong - share_percent_max * HISTORY_TRIES // 100
    if surplus <= 0:
        return 0
    return int(min(1 << (surplus - 1) // WRONG_PER_DELAY_DOUBLING, DELAY_SECONDS_MAX))


def _is_forgiven(standing: Standing, second: int) -> bool:
    last = max((*standing.moments[-1:], _second(standing.locked_until)))
    return second - last >= LOCK_SECONDS_MAX


def _second(moment: datetime | None) -> int:
    return 0 if moment is None else int(moment.timestamp())
