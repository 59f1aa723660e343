from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.judge_call import CallEvidence, Charge, Free, Reach, Source, Wait, judge_call

ANSWERED, ENDED, NOW, OVER = 1_000_000, 1_060_000, 1_100_000, 9_000_000
LIMIT = 120_000


def evidence(reach: Reach = Reach.GONE, **known: int) -> CallEvidence:
    return CallEvidence(reach=reach, **{"now_ms": NOW, "over_at_ms": OVER, "limit_ms": LIMIT, **known})


ALL = {"cel_answered_ms": ANSWERED, "cel_ended_ms": ENDED, "events_answered_ms": 5, "events_ended_ms": 6}


def test_a_call_that_is_listed_is_left_alone_whatever_else_is_told() -> None:
    assert judge_call(evidence(Reach.LISTED, **ALL)) == Wait()


@pytest.mark.parametrize("reach", [Reach.GONE, Reach.RESTARTED, Reach.AWAY])
def test_the_event_log_comes_before_events_and_needs_no_asterisk(reach: Reach) -> None:
    assert judge_call(evidence(reach, **ALL)) == Charge(ANSWERED, ENDED, Source.CEL)


def test_events_come_before_the_last_heartbeat() -> None:
    known = {"events_answered_ms": ANSWERED, "events_ended_ms": ENDED, "leg_seen_ms": ENDED - 9_000}
    assert judge_call(evidence(**known)) == Charge(ANSWERED, ENDED, Source.EVENTS)


def test_an_answer_in_the_log_is_ended_by_an_event() -> None:
    known = {"cel_answered_ms": ANSWERED, "events_answered_ms": ANSWERED + 7, "events_ended_ms": ENDED}
    assert judge_call(evidence(**known)) == Charge(ANSWERED, ENDED, Source.EVENTS)


def test_a_call_whose_asterisk_died_is_charged_to_the_last_heartbeat() -> None:
    """F10."""
    known = {"cel_answered_ms": ANSWERED, "leg_seen_ms": ANSWERED + 30_000}
    assert judge_call(evidence(Reach.RESTARTED, **known)) == Charge(ANSWERED, ANSWERED + 30_000, Source.HEARTBEAT)


def test_a_heartbeat_never_charges_above_the_limit() -> None:
    known = {"cel_answered_ms": ANSWERED, "leg_seen_ms": ANSWERED + 10 * LIMIT}
    assert judge_call(evidence(**known)) == Charge(ANSWERED, ANSWERED + LIMIT, Source.HEARTBEAT)


def test_an_answer_that_no_heartbeat_saw_is_charged_as_answered() -> None:
    assert judge_call(evidence(cel_answered_ms=ANSWERED)) == Charge(ANSWERED, ANSWERED, Source.HEARTBEAT)


@pytest.mark.parametrize("reach", [Reach.GONE, Reach.RESTARTED])
def test_a_call_without_an_answer_is_freed_when_no_channel_has_it(reach: Reach) -> None:
    """F2."""
    assert judge_call(evidence(reach)) == Free()


def test_nothing_is_freed_or_guessed_while_its_asterisk_is_away() -> None:
    """F11: a lease asks, it does not void."""
    assert judge_call(evidence(Reach.AWAY)) == Wait()
    assert judge_call(evidence(Reach.AWAY, cel_answered_ms=ANSWERED, leg_seen_ms=ENDED)) == Wait()


def test_after_its_longest_time_a_hold_ends_also_without_its_asterisk() -> None:
    assert judge_call(evidence(Reach.AWAY, now_ms=OVER)) == Free(is_unseen=True)
    known = {"now_ms": OVER, "events_answered_ms": ANSWERED, "leg_seen_ms": ENDED}
    assert judge_call(evidence(Reach.AWAY, **known)) == Charge(ANSWERED, ENDED, Source.HEARTBEAT)


STAMPS = st.none() | st.integers(0, 10**7)


@given(
    reach=st.sampled_from(Reach),
    now=st.integers(0, 10**7),
    stamps=st.tuples(STAMPS, STAMPS, STAMPS, STAMPS, STAMPS),
)
def test_whatever_is_told_nothing_is_charged_without_an_answer(
    reach: Reach, now: int, stamps: tuple[int | None, ...]
) -> None:
    names = ("cel_answered_ms", "cel_ended_ms", "events_answered_ms", "events_ended_ms", "leg_seen_ms")
    known = dict(zip(names, stamps, strict=True))
    verdict = judge_call(CallEvidence(reach=reach, now_ms=now, over_at_ms=OVER, limit_ms=LIMIT, **known))
    answers = {known["cel_answered_ms"], known["events_answered_ms"]} - {None}
    if isinstance(verdict, Charge):
        assert verdict.answered_ms in answers
        assert reach is not Reach.LISTED
        if verdict.source is Source.HEARTBEAT:
            assert verdict.answered_ms <= verdict.ended_ms <= verdict.answered_ms + LIMIT
    if isinstance(verdict, Free):
        assert not answers
