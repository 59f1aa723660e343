"""Acts on the control port end within their time whatever is there, and each AMI user may do only what it needs."""

from __future__ import annotations

import socket
import time

import pytest

from telephony.ami import AmiOutcome, AmiUnavailable, AmiUser, ami_act, ami_session
from tests.asterisk_fixtures import Plant, free_tcp_port


def test_nobody_listening_is_an_answer() -> None:
    answer = ami_act(AmiUser(free_tcp_port(), "console", "x"), "Ping")
    assert answer.outcome is AmiOutcome.UNREACHABLE


def test_a_port_that_says_nothing_costs_five_seconds_and_no_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        answer = ami_act(AmiUser(silent.getsockname()[1], "console", "x"), "Ping")
        assert time.monotonic() - begun < 6
    assert answer.outcome is AmiOutcome.UNREACHABLE


def user(plant: Plant, name: str) -> AmiUser:
    return AmiUser(plant.platform.instance.ami_port, name, plant.platform.instance.secrets[name])


def test_a_secret_is_not_in_the_text_of_a_user() -> None:
    assert "hidden" not in repr(AmiUser(5038, "console", "hidden"))


@pytest.mark.asterisk
def test_the_console_asks_whether_asterisk_answers(plant: Plant) -> None:
    answer = ami_act(user(plant, "console"), "Ping")
    assert answer.is_done
    assert answer.fields["Ping"] == "Pong"


@pytest.mark.asterisk
def test_a_wrong_secret_is_an_answer(plant: Plant) -> None:
    wrong = AmiUser(plant.platform.instance.ami_port, "console", "wrong")
    assert ami_act(wrong, "Ping").outcome is AmiOutcome.NOT_LOGGED_IN
    with pytest.raises(AmiUnavailable), ami_session(wrong):
        pass


@pytest.mark.asterisk
def test_a_channel_that_is_gone_is_refused_with_asterisks_words(plant: Plant) -> None:
    answer = ami_act(user(plant, "console"), "Hangup", Channel="PJSIP/none-1")
    assert (answer.outcome, answer.message) == (AmiOutcome.REFUSED, "No such channel")


@pytest.mark.asterisk
@pytest.mark.parametrize(
    ("name", "action", "fields"),
    [
        ("watcher", "Hangup", {"Channel": "x"}),
        ("watcher", "Setvar", {"Variable": "A", "Value": "1"}),
        ("watcher", "Originate", {"Channel": "Local/s@card", "Exten": "s", "Context": "card", "Priority": "1"}),
        ("watcher", "Command", {"Command": "core show version"}),
        ("console", "Originate", {"Channel": "Local/s@card", "Exten": "s", "Context": "card", "Priority": "1"}),
        ("console", "Command", {"Command": "core show version"}),
        ("console", "UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
        ("console", "ModuleLoad", {"LoadType": "reload"}),
    ],
)
def test_a_user_may_do_no_more_than_it_needs(plant: Plant, name: str, action: str, fields: dict[str, str]) -> None:
    answer = ami_act(user(plant, name), action, **fields)
    assert (answer.outcome, answer.message) == (AmiOutcome.REFUSED, "Permission denied")


def test_a_line_break_never_reaches_the_wire(plant_free_user: AmiUser) -> None:
    with pytest.raises(ValueError, match="line break"):
        ami_act(plant_free_user, "Hangup", Channel="a\r\nAction: Command")


@pytest.fixture
def plant_free_user() -> AmiUser:
    return AmiUser(free_tcp_port(), "console", "x")
