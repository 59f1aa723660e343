"""The words of --keys and --carrier."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.carriers import EndedBy, OutcomeRefused, parse_outcome, parse_outcomes
from simulator.handset import KeyEnd, KeyWait, ScriptedHandset
from simulator.key_script import KeyScriptRefused, parse_key_script

ANY_OUTCOME = parse_outcomes("404")


def presses(keys: str, *digits_max: int) -> list[tuple[str, str]]:
    handset = ScriptedHandset(parse_key_script(keys), ANY_OUTCOME)
    return [tuple(handset.press(KeyWait(most, 10, 5, is_secret=False))) for most in digits_max]  # type: ignore[misc]


def test_what_is_left_of_an_entry_is_for_the_next_wait() -> None:
    assert presses("1005668240#123456789012370612345678#", 18, 12, 20, 20) == [
        ("1005668240", KeyEnd.HASH), ("123456789012", KeyEnd.FULL), ("370612345678", KeyEnd.HASH), ("", KeyEnd.TIMEOUT)
    ]  # fmt: skip


def test_a_hash_after_a_full_entry_belongs_to_it_unless_a_comma_stands_before() -> None:
    assert presses("12#34#", 2, 4) == [("12", KeyEnd.FULL), ("34", KeyEnd.HASH)]
    assert presses("12,#34#", 2, 4) == [("12", KeyEnd.FULL), ("", KeyEnd.HASH)]


def test_an_entry_without_a_hash_times_out() -> None:
    assert presses("12,3#\nw4#,,5h", 4, 4, 4, 4, 4, 4) == [
        ("12", KeyEnd.TIMEOUT), ("3", KeyEnd.HASH), ("", KeyEnd.TIMEOUT), ("4", KeyEnd.HASH), ("", KeyEnd.TIMEOUT),
        ("5", KeyEnd.HUNG_UP),
    ]  # fmt: skip


@given(st.lists(st.text("0123456789*", min_size=1, max_size=11), max_size=8))
def test_entries_of_digits_arrive_one_by_one(entries: list[str]) -> None:
    keys = "".join(f"{entry}#" for entry in entries)
    assert presses(keys, *[12 for _ in entries]) == [(entry, KeyEnd.HASH) for entry in entries]


@given(st.text(max_size=60))
def test_any_text_is_parsed_to_keys_or_refused(text: str) -> None:
    entries: list[str] = []
    with suppress(KeyScriptRefused):
        entries = parse_key_script(text)
    assert all(set(entry) <= set("!0123456789*#h") for entry in entries)


def test_a_refused_script_is_not_repeated_because_it_may_hold_a_pin() -> None:
    with pytest.raises(KeyScriptRefused) as refused:
        parse_key_script("1005668240#,296039755336x")
    assert "Entry 2" in str(refused.value)
    assert "296" not in str(refused.value)


@given(st.text("0123456789*#", min_size=1, max_size=60), st.lists(st.integers(1, 15), min_size=1, max_size=70))
def test_no_key_is_invented(keys: str, waits: list[int]) -> None:
    taken = "".join(digits for digits, _ in presses(keys, *waits))
    assert keys.replace("#", "").startswith(taken)


def test_outcomes_are_as_measured() -> None:
    """asterisk.md 8.1."""
    assert [(outcome.dial_status, outcome.cause) for outcome in parse_outcomes("503,486,404,480,dead,cancel")] == [
        ("CONGESTION", "34"), ("BUSY", "17"), ("CHANUNAVAIL", "1"), ("NOANSWER", "19"), ("NOANSWER", None),
        ("CANCEL", "0"),
    ]  # fmt: skip


def test_an_answer_says_how_long_and_who_ended_it() -> None:
    told = [(one.talk_ms, one.ended_by) for one in parse_outcomes("answer,answer:65,answer:6.25##,answer:7.5.hangup")]
    assert told == [
        (None, EndedBy.FAR_SIDE), (65_000, EndedBy.FAR_SIDE), (6_250, EndedBy.DOUBLE_HASH), (7_500, EndedBy.CALLER)
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["", "answer:", "answer:x", "999", "answer:-1", "answer:99999"])
def test_an_unknown_outcome_is_refused_with_the_known_ones(word: str) -> None:
    with pytest.raises(OutcomeRefused):
        parse_outcome(word)


def test_the_last_outcome_repeats() -> None:
    handset = ScriptedHandset([], parse_outcomes("503,busy"))
    assert [handset.outcome(None).word for _ in range(4)] == ["503", "busy", "busy", "busy"]  # type: ignore[arg-type]
