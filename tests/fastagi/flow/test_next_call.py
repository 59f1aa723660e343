"""The caller is still there after a call: how it ended, what it cost, and the next number (M-7, M-26; 5.3 NEXT)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, micros

from billing.states import CardStatus, CardType
from fastagi.flow.card_call import CallEnd
from telephony.handover import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from line import Line

ASK = "enter-destination-end-with-hash"
BOTH = pytest.mark.parametrize(
    "line_database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
STATUSES = {
    ("BUSY", "17"): "busy",
    ("NOANSWER", "0"): "no-answer",
    ("CHANUNAVAIL", "1"): "unreachable",
    ("CONGESTION", "34"): "all-lines-busy",
}


@pytest.mark.parametrize("status", STATUSES)
def test_each_way_not_to_be_answered_has_its_own_prompt_and_costs_nothing(line: Line, status: tuple[str, str]) -> None:
    """F21."""
    first = line.dial_with_card(f"{BRITAIN}#")
    line.settle(first, status=status[0], cause=status[1])
    second = line.go_on(first, "hang up")
    assert second.heard == f"{STATUSES[status]} {ASK} < hung up"
    assert line.available_micros == micros("5.00")
    assert line.is_proved()


@BOTH
def test_after_a_call_the_next_number_is_asked_without_a_card(line: Line) -> None:
    """M-26, F20: the first hold is resolved before the second is placed."""
    first = line.dial_with_card(f"{BRITAIN}#")
    line.settle(first, 60)
    second = line.go_on(first, f"{BRITAIN}#")
    assert second.heard.splitlines()[0] == f"{ASK} < {BRITAIN}"
    assert second.how is CallEnd.HANDED_OVER
    assert second.call_id != first.call_id
    assert line.is_proved(open_holds=1)
    line.settle(second, 60)
    assert line.available_micros == micros("4.88")
    assert line.is_proved()


def test_cost_and_closing_balance_are_told_where_the_group_says_them(a_line: Callable[..., Line]) -> None:
    line = a_line(group={"says_cost": True, "says_closing_balance": True})
    first = line.dial_with_card(f"{BRITAIN}#")
    line.settle(first, 1500)
    assert line.go_on(first, "hang up").heard == (
        "call-ended-cost-was number-1 unit-usd-major-one and number-50 unit-usd-minor-many"
        f" remaining-balance-is number-3 unit-usd-major-many and number-50 unit-usd-minor-many {ASK} < hung up"
    )


def test_a_call_that_was_cut_by_its_limit_is_told_so(a_line: Callable[..., Line]) -> None:
    """features.md 5.3: time-is-over is said after Dial."""
    line = a_line(group={"call_seconds_max": 120})
    first = line.dial_with_card(f"{BRITAIN}#")
    line.settle(first, 120)
    assert line.go_on(first, "hang up").heard == f"time-is-over {ASK} < hung up"


def test_a_card_that_the_call_used_up_ends_the_conversation(a_line: Callable[..., Line]) -> None:
    """JC-46."""
    line = a_line(group={"says_closing_balance": True})
    first = line.dial_with_card(f"{BRITAIN}#")
    line.settle(first, 5000)
    last = line.go_on(first, f"{BRITAIN}#")
    assert last.heard == "time-is-over no-credit card-used-up goodbye"
    assert (last.how, last.told) == (CallEnd.NO_MORE_CALLS, {"CARD_NEXT": "end"})
    with line.database() as world:
        assert world.card().status is CardStatus.USED
    assert line.is_proved()


def test_a_disposable_card_makes_one_call(a_line: Callable[..., Line]) -> None:
    """V-8."""
    line = a_line(group={"card_type": CardType.DISPOSABLE})
    first = line.dial_with_card(f"{BRITAIN}#")
    line.settle(first, 10)
    assert line.go_on(first, f"{BRITAIN}#").heard == "card-used-up goodbye"


def test_a_card_that_was_blocked_during_the_call_makes_no_other(line: Line) -> None:
    """F18: the running call is settled."""
    first = line.dial_with_card(f"{BRITAIN}#")
    with line.database() as world:
        world.set_card(status=CardStatus.BLOCKED, status_before=CardStatus.PENDING)
    line.settle(first, 10)
    assert line.go_on(first, f"{BRITAIN}#").heard == "card-blocked goodbye"
    assert line.available_micros == micros("4.99")


def test_the_group_says_how_many_calls_one_caller_may_make(a_line: Callable[..., Line]) -> None:
    """features.md 0.3: calls_per_session_max; the outcome of the last one is still told."""
    line = a_line(group={"calls_per_session_max": 2, "says_closing_balance": True})
    ended = line.dial_with_card(f"{BRITAIN}#")
    for _ in range(2):
        line.settle(ended, 500)
        before, ended = ended, line.go_on(ended, f"{BRITAIN}#")
    assert before.how is CallEnd.HANDED_OVER
    assert ended.heard == "remaining-balance-is number-4 unit-usd-major-many goodbye"
    assert (ended.how, ended.told) == (CallEnd.NO_MORE_CALLS, {"CARD_NEXT": "end"})


def test_a_call_that_is_not_settled_yet_is_not_followed_by_another(line: Line) -> None:
    """Its settlement is in the spool: CARD_NEXT stays unset, so that the dialplan says service-unavailable."""
    first = line.dial_with_card(f"{BRITAIN}#")
    last = line.go_on(first, f"{BRITAIN}#")
    assert (last.how, last.told, last.heard) == (CallEnd.NOT_SETTLED, {}, "")
    assert line.is_proved(open_holds=1)


def test_three_numbers_that_cannot_be_called_end_a_later_round_too(line: Line) -> None:
    first = line.dial_with_card(f"{BRITAIN}#")
    line.settle(first, 1)
    last = line.go_on(first, "1#", "2#", "3#")
    assert last.heard.splitlines()[-1] == "too-short goodbye"
    assert last.told[Variable.NEXT] == "end"
