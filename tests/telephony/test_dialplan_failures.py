"""What happens when the call server is away, hangs up in the middle, or hands over what must not be dialled."""

from __future__ import annotations

import time

import pytest

from telephony.handover import SettleArguments, SettlePlace, Variable, goes_on
from telephony.heard import heard_prompts
from tests.asterisk_fixtures import ACCESS_NUMBER, Plant, cel_rows, wait_for
from tests.telephony.test_dialplan_calls import leg_ms, only, run_call, wait_until_talking
from tests.telephony.tiny_agi_server import Session, TinyAgiServer, dial

pytestmark = pytest.mark.asterisk

FALLBACK_SECONDS_MAX = 3


def spooled(plant: Plant) -> list[SettleArguments]:
    """Read and remove what stands in the spool."""
    settles = []
    for file in plant.spool.glob("*.txt"):
        (line,) = file.read_text().splitlines()
        settles.append(SettleArguments.from_spool_line(line))
        assert file.stem == settles[-1].call_id
        file.unlink()
    return settles


def hear(plant: Plant, recording: str, *prompts: str) -> list[bool]:
    path = plant.carrier.instance.recordings / f"{recording}.wav"
    return [heard.was_heard for heard in heard_prompts(path, [plant.prompts / f"{name}.wav" for name in prompts])]


def test_without_a_call_server_the_caller_hears_an_excuse_within_three_seconds(plant: Plant) -> None:
    begun = time.monotonic()
    with plant.phone.call(ACCESS_NUMBER, recording="away") as call:
        assert time.monotonic() - begun < FALLBACK_SECONDS_MAX
        assert call.wait_for_end(10) is not None
    assert hear(plant, "away", "service-unavailable") == [True]
    assert hear(plant, "away", "call-ends-soon") == [False]


def test_a_server_that_dies_in_the_middle_is_excused_too(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [lambda session, call_id: session.set(Variable.CALL, call_id)]
    with plant.phone.call(ACCESS_NUMBER, recording="died") as call:
        assert call.wait_for_end(10) is not None
    plant.wait_until_idle()
    assert hear(plant, "died", "service-unavailable") == [True]
    settle = only(server)
    assert (settle.place, settle.dial_status, settle.tried) == (SettlePlace.HANDLER, "", ())


def test_a_server_away_at_the_end_leaves_a_line_in_the_spool(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("9999010015", "demo.cheap", "demo.second")]
    with plant.phone.call(ACCESS_NUMBER, recording="spooled") as call:
        wait_until_talking(plant)
        server.stop()
        assert call.wait_for_end(15) is not None
    plant.wait_until_idle()
    (settle,) = spooled(plant)
    assert settle.place is SettlePlace.SPOOL
    assert [tried.dial_status for tried in settle.tried] == ["CONGESTION", "ANSWER"]
    (ours,) = leg_ms(plant, settle.call_id)
    assert abs(settle.talk_ms - ours) < 60
    assert hear(plant, "spooled", "service-unavailable") == [True]


def test_the_caller_hangs_up_and_the_server_is_away(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("9999000000", "demo.second")]
    with plant.phone.call(ACCESS_NUMBER):
        wait_until_talking(plant)
        server.stop()
    plant.wait_until_idle()
    (settle,) = spooled(plant)
    assert settle.dial_status == "ANSWER"
    assert [tried.route for tried in settle.tried] == ["demo.second"]


def test_a_caller_who_leaves_while_the_server_speaks_is_settled_when_a_call_was_held(
    plant: Plant, server: TinyAgiServer
) -> None:
    replies: list[str] = []

    def speak(session: Session, call_id: str) -> None:
        session.set(Variable.CALL, call_id)
        replies.append(session.ask(f"GET DATA {plant.prompts}/welcome 10000 4"))
        replies.append(session.ask("CHANNEL STATUS"))

    server.rounds = [speak]
    with plant.phone.call(ACCESS_NUMBER):
        time.sleep(0.5)
    plant.wait_until_idle()
    assert replies[0] == "200 result=-1"
    assert replies[1:] in ([""], [])  # nothing more is heard, or nothing more is taken
    settle = only(server)
    assert (settle.place, settle.route, settle.tried) == (SettlePlace.HANDLER, "", ())


def test_a_caller_who_leaves_before_anything_is_held_is_not_settled(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [lambda session, _: (session.ask(f"GET DATA {plant.prompts}/welcome 10000 4"), None)[1]]
    with plant.phone.call(ACCESS_NUMBER):
        time.sleep(0.3)
    plant.wait_until_idle()
    assert server.settled == {}
    assert spooled(plant) == []


GOOD = {"numbers": "9999000005", "ring": "10", "limit": "60000", "routes": "demo.second"}
INJECTIONS = [
    {"numbers": "9999000005&Local/9999000005@from-did"},
    {"numbers": "9999000005&PJSIP/9999000005@demo.dear"},
    {"numbers": "9999000005,60,gT"},
    {"numbers": "9999000005@demo.dear&x"},
    {"numbers": "99"},
    {"numbers": "9" * 21},
    {"numbers": "${SHELL(id)}"},
    {"numbers": '9999000005"'},
    {"numbers": "9999000005)"},
    {"numbers": "9999000005}"},
    {"numbers": "9999000005|1"},
    {"numbers": ""},
    {"numbers": "+9999000005"},
    {"routes": "demo.second&PJSIP"},
    {"routes": "demo.second,60"},
    {"routes": "demo-second"},
    {"routes": "demo.second/sip"},
    {"routes": ""},
    {"ring": ""},
    {"ring": "0"},
    {"ring": "10,gT"},
    {"ring": "9999"},
    {"limit": ""},
    {"limit": "0"},
    {"limit": "60000)g("},
    {"limit": "60000:x"},
    {"limit": "-1"},
]


@pytest.mark.parametrize("change", INJECTIONS, ids=lambda change: "-".join(map(str, change.items())))
def test_what_fails_its_guard_is_not_dialled(plant: Plant, server: TinyAgiServer, change: dict[str, str]) -> None:
    values = GOOD | change
    server.rounds = [dial("", values["routes"], numbers=values["numbers"], ring=values["ring"], limit=values["limit"])]
    before = len(cel_rows(plant.carrier))
    run_call(plant)
    settle = only(server)
    assert (settle.route, settle.dial_status, settle.tried) == ("", "", ())
    assert not [row for row in cel_rows(plant.carrier)[before:] if row[2].startswith("PJSIP/demo.")]


def test_a_call_id_that_is_none_is_neither_dialled_nor_written(plant: Plant, server: TinyAgiServer) -> None:
    hand_over = dial("9999000005", "demo.second")
    server.rounds = [lambda session, _: hand_over(session, "../../evil")]
    run_call(plant)
    assert server.settled == {}
    assert list(plant.spool.parent.rglob("evil*")) == []


@pytest.mark.parametrize(
    ("cause", "status", "seen_cause"),
    [
        (1, "CHANUNAVAIL", "1"),
        (3, "CHANUNAVAIL", "1"),
        (17, "BUSY", "17"),
        (18, "CHANUNAVAIL", "18"),
        (19, "NOANSWER", "19"),
        (20, "NOANSWER", "19"),
        (21, "CHANUNAVAIL", "21"),
        (27, "CHANUNAVAIL", "27"),
        (28, "CHANUNAVAIL", "28"),
        (34, "CONGESTION", "34"),
        (38, "CHANUNAVAIL", "38"),
        (41, "CHANUNAVAIL", "21"),
        (42, "CONGESTION", "34"),
        (127, "CHANUNAVAIL", "38"),
    ],
)
def test_the_dialplan_goes_on_where_the_rule_says_so(
    plant: Plant, server: TinyAgiServer, cause: int, status: str, seen_cause: str
) -> None:
    server.rounds = [dial("", "demo.second", "demo.cheap", numbers=f"9998{cause:03}:123456")]
    run_call(plant)
    tried = only(server).tried
    assert (tried[0].dial_status, tried[0].hangup_cause) == (status, seen_cause)
    assert (len(tried) == 2) is goes_on(status, seen_cause, rang=False)


@pytest.mark.parametrize(
    ("number", "ring", "status"),
    [("999701", "10", "BUSY"), ("9999300000", "1", "NOANSWER"), ("999501", "9", "CONGESTION")],
)
def test_a_far_side_that_rang_is_judged_by_the_same_rule(
    plant: Plant, server: TinyAgiServer, number: str, ring: str, status: str
) -> None:
    server.rounds = [dial("", "demo.second", "demo.cheap", numbers=f"{number}:123456", ring=f"{ring}:9")]
    run_call(plant)
    tried = only(server).tried
    assert tried[0].dial_status == status
    assert (len(tried) == 2) is goes_on(status, tried[0].hangup_cause, rang=True)


def test_early_media_then_an_answer_counts_from_the_answer(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("999602", "demo.second")]
    run_call(plant)
    assert abs(only(server).talk_ms - 3000) < 300


def test_no_call_is_left_behind(plant: Plant) -> None:
    wait_for(lambda: plant.channels() == 0, 10)
    assert spooled(plant) == []
