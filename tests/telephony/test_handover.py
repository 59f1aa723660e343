"""The settlement's words are read strictly or not at all, and the failover rule is the measured table."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.handover import (
    SettleArguments,
    SettleArgumentsRefused,
    SettlePlace,
    TriedRoute,
    goes_on,
)

CALL = "0b8c2f3e-0d4b-4a44-9a53-0d8f6a6f9c11"
GOOD = (
    "inline",
    CALL,
    "demo.second",
    "ANSWER",
    "16",
    "1700000000000",
    "1700000002014",
    "demo.cheap-CONGESTION-34:demo.second-ANSWER-16",
)


def test_a_whole_settlement_is_read_and_written_back() -> None:
    settle = SettleArguments.from_agi(GOOD)
    assert settle.place is SettlePlace.INLINE
    assert settle.talk_ms == 2014
    assert settle.tried == (TriedRoute("demo.cheap", "CONGESTION", "34"), TriedRoute("demo.second", "ANSWER", "16"))
    assert settle.as_agi() == GOOD


def test_a_spool_line_says_that_it_comes_from_the_spool() -> None:
    settle = SettleArguments.from_agi(GOOD)
    read = SettleArguments.from_spool_line(settle.as_spool_line() + "\n")
    assert read == dataclasses.replace(settle, place=SettlePlace.SPOOL)


def test_a_call_that_was_never_dialled_has_empty_fields() -> None:
    settle = SettleArguments.from_agi(("handler", CALL, "", "", "", "", "1700000000000", ""))
    assert (settle.talk_ms, settle.tried) == (0, ())


def test_a_clock_that_stepped_back_bills_nothing() -> None:
    swapped = (*GOOD[:5], GOOD[6], GOOD[5], GOOD[7])
    assert SettleArguments.from_agi(swapped).talk_ms == 0


@pytest.mark.parametrize(
    ("position", "value"),
    [
        (0, "elsewhere"),
        (0, ""),
        (1, CALL.upper()),
        (1, CALL + "\n"),
        (1, "../../etc/passwd"),
        (1, ""),
        (2, "a-b"),
        (2, "a" * 41),
        (3, "answer"),
        (4, "1616"),
        (4, "-1"),
        (5, "1e3"),
        (5, "٣"),
        (5, "1" * 16),
        (6, "-5"),
        (6, ""),
        (7, "demo.cheap-CONGESTION"),
        (7, "demo.cheap--34"),
        (7, ":"),
        (7, ":".join(["a-BUSY-17"] * 4)),
    ],
)
def test_one_malformed_field_refuses_the_whole(position: int, value: str) -> None:
    with pytest.raises(SettleArgumentsRefused):
        SettleArguments.from_agi((*GOOD[:position], value, *GOOD[position + 1 :]))


@pytest.mark.parametrize("count", [0, 7, 9])
def test_another_count_of_arguments_is_refused(count: int) -> None:
    with pytest.raises(SettleArgumentsRefused):
        SettleArguments.from_agi((*GOOD, "")[:count])


def test_an_endless_spool_line_is_refused_before_it_is_split() -> None:
    with pytest.raises(SettleArgumentsRefused, match="too long"):
        SettleArguments.from_spool_line("," * 100_000)


@given(st.lists(st.text(max_size=40), min_size=8, max_size=8))
def test_garbage_is_refused_and_never_half_read(arguments: list[str]) -> None:
    with pytest.raises(SettleArgumentsRefused):
        SettleArguments.from_agi(arguments)


@given(st.text(max_size=600))
def test_a_garbage_spool_line_is_refused(line: str) -> None:
    with pytest.raises(SettleArgumentsRefused):
        SettleArguments.from_spool_line(line)


@given(st.data())
def test_what_is_read_is_what_was_written(data: st.DataObject) -> None:
    field = data.draw(st.integers(0, 7))
    changed = (*GOOD[:field], data.draw(st.text(max_size=60)), *GOOD[field + 1 :])
    try:
        settle = SettleArguments.from_agi(changed)
    except SettleArgumentsRefused:
        return
    assert SettleArguments.from_agi(settle.as_agi()) == settle


@pytest.mark.parametrize(
    ("status", "cause", "rang", "expected"),
    [
        ("ANSWER", "16", False, False),
        ("BUSY", "17", False, False),
        ("BUSY", "17", True, False),
        ("CANCEL", "0", True, False),
        ("CHANUNAVAIL", "1", False, False),
        ("CHANUNAVAIL", "28", False, False),
        ("CONGESTION", "34", False, True),
        ("CONGESTION", "34", True, True),
        ("NOANSWER", "19", True, False),
        ("NOANSWER", "19", False, True),
        ("NOANSWER", "0", True, False),
        ("NOANSWER", "0", False, True),
        ("CHANUNAVAIL", "18", False, True),
        ("CHANUNAVAIL", "21", False, True),
        ("CHANUNAVAIL", "38", False, True),
        ("CHANUNAVAIL", "27", False, True),
        ("CHANUNAVAIL", "3", False, True),
        ("", "", False, True),
    ],
)
def test_the_next_route_is_tried_only_when_the_number_itself_was_not_reached(
    status: str, cause: str, *, rang: bool, expected: bool
) -> None:
    assert goes_on(status, cause, rang=rang) is expected
