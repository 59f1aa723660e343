"""The simulated Asterisk answers AGI commands as the table of measurements says (asterisk.md part 4)."""

from pathlib import Path

import pytest

from simulator.agi_words import agi_words
from simulator.carriers import parse_outcomes
from simulator.channel import Channel
from simulator.clock import Clock
from simulator.commands import DEAD, answer_command
from simulator.handset import ScriptedHandset
from simulator.key_script import parse_key_script


def channel(keys: str = "", folder: Path | None = None) -> Channel:
    handset = ScriptedHandset(parse_key_script(keys), parse_outcomes("404"))
    made = Channel(
        handset, name="SIM/caller-1", unique_id="1.1", caller_id="", prompts_folder=folder, clock=Clock(lambda: 0)
    )
    made.variables["AGISIGHUP"] = "no"
    return made


def answers(subject: Channel, *commands: str) -> list[str]:
    return [answer_command(subject, command) for command in commands]


@pytest.mark.parametrize(
    ("keys", "reply"),
    [("12#", "200 result=12"), ("123", "200 result=123"), ("1", "200 result=1 (timeout)"), ("#", "200 result=")],
)
def test_get_data_tells_a_hash_from_a_time_out(keys: str, reply: str) -> None:
    assert answers(channel(keys), 'GET DATA "/p/enter-pin" 10000 3') == [reply]


def test_a_key_wait_without_keys_ends_by_time() -> None:
    assert answers(channel(), 'GET DATA "/p/enter-pin" 10000 3') == ["200 result= (timeout)"]


def test_get_data_does_not_split_a_list_of_prompts() -> None:
    assert answers(channel("1"), 'GET DATA "/p/a&/p/b" 10000 3') == ["200 result=-1"]


@pytest.mark.parametrize(
    ("keys", "outcome"),
    [("12#", "OK:12"), ("1234", "OK:1234"), ("1", "TIMEOUT:1"), ("#", "OK:"), ("h", "HANGUP:"), ("1h", "HANGUP:1")],
)
def test_read_answers_0_and_its_status_tells(keys: str, outcome: str) -> None:
    subject = channel(keys)
    replies = answers(subject, 'EXEC Read "K,/p/a&/p/b,4,,1"', "GET FULL VARIABLE ${READSTATUS}:${K}")
    assert replies == ["200 result=0", f"200 result=1 ({outcome})"]


def test_variables_set_empty_and_unset_differ() -> None:
    subject = channel()
    replies = answers(
        subject,
        'SET VARIABLE A "two words (and) x=\\"1\\" \\\\"',
        "GET VARIABLE A",
        'SET VARIABLE B ""',
        "GET VARIABLE B",
        "GET VARIABLE C",
    )
    assert replies == [
        "200 result=1", '200 result=1 (two words (and) x="1" \\)', "200 result=1", "200 result=1 ()", "200 result=0"
    ]  # fmt: skip


def test_the_language_and_the_key_waits_are_functions() -> None:
    subject = channel()
    answers(subject, 'SET VARIABLE CHANNEL(language) "es"', 'SET VARIABLE TIMEOUT(response) "7"')
    assert (subject.language, subject.first_key_seconds) == ("es", 7.0)
    answers(subject, 'EXEC Read "K,/p/a,4,,1"')
    assert subject.clock.skipped_ms == 7_000


def test_unknown_commands_and_applications_are_told() -> None:
    assert answers(channel(), "FLY", "GET WINGS", 'EXEC Fly "x"', 'EXEC Dial "PJSIP/1@x"') == [
        "510 Invalid or unknown command", "510 Invalid or unknown command", "200 result=-2", "200 result=-2"
    ]  # fmt: skip


def test_wrong_usage_is_a_block_of_lines() -> None:
    lines = answers(channel(), "GET DATA")[0].split("\n")
    assert lines[0] == "520-Invalid command syntax.  Proper usage follows:"
    assert lines[-1] == "520 End of proper usage."


def test_a_caller_who_hangs_up_leaves_a_dead_channel() -> None:
    subject = channel("h")
    replies = answers(
        subject, 'GET DATA "/p/a" 10000 3', "CHANNEL STATUS", "ANSWER", 'STREAM FILE /p/a ""', 'SET VARIABLE A "1"',
        "GET VARIABLE A", 'EXEC Read "K,/p/a,4,,1"', "GET VARIABLE READSTATUS", "HANGUP",
    )  # fmt: skip
    assert replies == [
        "200 result=-1", DEAD, DEAD, DEAD, "200 result=1", "200 result=1 (1)", "200 result=0", "200 result=1 (HANGUP)",
        DEAD,
    ]  # fmt: skip


def test_the_hangup_notice_comes_before_the_next_reply_unless_it_is_switched_off() -> None:
    subject = channel("h")
    subject.variables.clear()
    assert answers(subject, 'GET DATA "/p/a" 10000 3', "CHANNEL STATUS", "CHANNEL STATUS") == [
        "200 result=-1", f"HANGUP\n{DEAD}", DEAD
    ]  # fmt: skip


def test_a_missing_prompt_is_told_as_asterisk_tells_it(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "here.wav").touch()
    subject = channel("12#", tmp_path)
    replies = answers(
        subject, 'STREAM FILE /p/gone ""', 'GET DATA "/p/gone" 1000 3', "CHANNEL STATUS",
        'EXEC Read "K,/p/here&/p/gone,4,,1"', "GET VARIABLE READSTATUS",
        'EXEC Read "K,/p/gone&/p/here,4,,1"', "GET VARIABLE READSTATUS",
    )  # fmt: skip
    assert replies == [
        "200 result=-1 endpos=0", "200 result=-1", "200 result=4",
        "200 result=0", "200 result=1 (ERROR)",
        "200 result=0", "200 result=1 (OK)",
    ]  # fmt: skip


def test_an_early_key_ends_the_prompts_and_is_kept() -> None:
    subject = channel("!12#")
    assert answers(subject, 'EXEC Read "K,/p/a&/p/b,4,,1"', "GET VARIABLE K") == ["200 result=0", "200 result=1 (12)"]
    assert [event.prompt_id for event in subject.log.events if hasattr(event, "prompt_id")] == ["a"]


def test_a_wait_for_early_keys_only_takes_none_from_a_patient_caller() -> None:
    subject = channel("12#")
    assert answers(subject, 'EXEC Read "K,/p/a,1,,1,0.05"', 'GET DATA "/p/a" 50 4', 'GET DATA "/p/b" 9000 4') == [
        "200 result=0", "200 result= (timeout)", "200 result=12"
    ]  # fmt: skip


def test_words_are_split_as_asterisk_splits_them() -> None:
    assert agi_words(r'EXEC Read "a b,\"c\\"  d\ e') == ["EXEC", "Read", 'a b,"c\\', "d e"]
