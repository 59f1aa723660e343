"""MOR's ten steps of a calling-card call, and how far a call has come, read from its events (console.md 12.2)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from web_base.texts import lazy_gettext

BEFORE_THE_CALL: Final = frozenset({1, 2})
STEPS: Final = (
    (lazy_gettext("Buy the card"), lazy_gettext("before the call")),
    (lazy_gettext("Find number and PIN on it"), lazy_gettext("before the call")),
    (lazy_gettext("Dial the access number"), ""),
    (lazy_gettext("Number and PIN are asked for"), lazy_gettext("a known phone is not asked")),
    (lazy_gettext("They are checked"), lazy_gettext("three tries")),
    (lazy_gettext("The balance is said"), lazy_gettext("if the group says it")),
    (lazy_gettext("The destination is asked for"), ""),
    (lazy_gettext("The time is said"), lazy_gettext("if the group says it")),
    (lazy_gettext("The cheapest carrier is dialled"), ""),
    (lazy_gettext("The cost is taken from the card"), ""),
)
_OF_PROMPT: Final = {
    "enter-card-number": 4,
    "enter-pin": 4,
    "enter-number-and-pin-end-with-hash": 4,
    "number-or-pin-not-accepted": 5,
    "pin-not-accepted": 5,
    "recognised-by-your-number": 5,
    "your-balance-is": 6,
    "no-credit": 6,
    "enter-destination-end-with-hash": 7,
    "you-have": 8,
    "less-than-one-minute": 8,
}
_MUST_HAVE_PASSED: Final = 6  # whoever hears what comes from here on has been accepted


class StepState(StrEnum):
    """How a step stands."""

    ELSEWHERE = "elsewhere"  # not part of a call
    WAITING = "waiting"
    NOW = "now"
    DONE = "done"
    SKIPPED = "skipped"  # a later one has begun without it


def step_states(events: Iterable[Mapping[str, Any]]) -> list[StepState]:
    """One for each step; `events` as `simulator.event_fields` writes them."""
    reached, last = set[int](), 0
    for event in events:
        step = _step_of(event)
        if step >= _MUST_HAVE_PASSED:
            reached.add(5)
        if step:
            reached.add(step)
            last = step
    return [_state(number, reached, last) for number in range(1, len(STEPS) + 1)]


def _step_of(event: Mapping[str, Any]) -> int:
    match event["kind"]:
        case "answered":
            return 3
        case "heard":
            return _OF_PROMPT.get(event["prompt"], 0)
        case "dialling" | "dialled":
            return 9
        case "settled" if event["confirmed"]:
            return 10
        case _:
            return 0


def _state(number: int, reached: set[int], last: int) -> StepState:
    if number in BEFORE_THE_CALL:
        return StepState.ELSEWHERE
    if number == last:
        return StepState.NOW
    if number in reached:
        return StepState.DONE
    return StepState.SKIPPED if number < max(reached, default=0) else StepState.WAITING
