"""Whole calls against the FastAGI server of production, with handlers of our own: what the dialplan does around it."""

import socket
from pathlib import Path

import pytest
from agi_server import Desk, offer, serving

from fastagi.agi_call import AgiCall
from simulator.asterisk import CallFrom, NoSuchAccessNumber, NoSuchCaller, PlacedCall, place_call
from simulator.call_log import CallEnd, Dialled, Heard, NotDialled
from simulator.carriers import parse_outcomes
from simulator.handset import ScriptedHandset
from simulator.key_script import parse_key_script
from telephony.handover import SettleArguments, SettlePlace

KEYS = "1005668240#123456789012370612345678#"


def handset(carrier: str = "answer:65", keys: str = KEYS) -> ScriptedHandset:
    return ScriptedHandset(parse_key_script(keys), parse_outcomes(carrier))


def placed(desk: Desk, carrier: str = "answer:65", keys: str = KEYS, spool: Path | None = None) -> PlacedCall:
    with serving(desk.card_call, desk.settle) as address:
        call = CallFrom("18005550100", "37060000001", spool_folder=spool)
        return place_call(address, call, handset(carrier, keys))


def dialled(call: PlacedCall) -> list[tuple[str, str, str]]:
    return [
        (event.attempt.route, event.attempt.number, event.dial_status)
        for event in call.log.events
        if isinstance(event, Dialled)
    ]


def heard(call: PlacedCall) -> list[str]:
    return [event.prompt_id for event in call.log.events if isinstance(event, Heard)]


def test_a_call_fails_over_and_is_settled_once_to_the_millisecond() -> None:
    """F31: the second carrier answers, and the settlement knows both."""
    desk = Desk([offer()])
    call = placed(desk, "503,answer:65")
    assert call.end is CallEnd.GOODBYE
    assert dialled(call) == [
        ("demo.cheap", "37061234567", "CONGESTION"), ("demo.second", "0037061234567", "ANSWER")
    ]  # fmt: skip
    assert [(one.place, one.talk_ms, one.route) for one in desk.settled] == [
        (SettlePlace.INLINE, 65_000, "demo.second")
    ]
    assert list(map(str, desk.settled[0].tried)) == ["demo.cheap-CONGESTION-34", "demo.second-ANSWER-16"]


def test_the_keys_reach_the_questions_and_the_rounds_their_arguments() -> None:
    desk = Desk([offer(call_id="0" * 8 + "-0000-0000-0000-" + "1" * 12), offer()])
    placed(desk, "answer:5##", KEYS + "441#")
    assert desk.entries == ["1005668240", "123456789012", "370612345678", "441"]
    assert [arguments[0] for arguments in desk.arguments] == ["1", "2", "3"]
    assert desk.arguments[0] == ("1", "", "18005550100")
    assert desk.arguments[1][1] == "00000000-0000-0000-0000-111111111111"
    assert len(desk.settled) == 2


def test_ten_numbers_are_dialled_and_then_one_outcome_spoken() -> None:
    desk = Desk([offer() for _ in range(20)])
    call = placed(desk, "answer:5")
    assert call.end is CallEnd.ROUNDS_USED_UP
    assert len(desk.arguments) == 11


def test_a_caller_who_hangs_up_in_the_talk_is_settled_by_the_hangup_handler() -> None:
    desk = Desk([offer()])
    assert placed(desk, "503,answer:7.25.hangup").end is CallEnd.HUNG_UP
    (settlement,) = desk.settled
    assert (settlement.place, settlement.talk_ms, settlement.dial_status) == (SettlePlace.HANDLER, 7_250, "ANSWER")
    assert [one.dial_status for one in settlement.tried] == ["CONGESTION", "ANSWER"]


def test_a_caller_who_gives_up_while_it_rings_pays_nothing() -> None:
    desk = Desk([offer()])
    assert placed(desk, "cancel").end is CallEnd.HUNG_UP
    assert [(one.place, one.talk_ms, one.dial_status) for one in desk.settled] == [(SettlePlace.HANDLER, 0, "CANCEL")]


def test_a_caller_who_hangs_up_at_a_question_has_nothing_to_settle() -> None:
    desk = Desk([offer()])
    assert placed(desk, keys="10056h").end is CallEnd.HUNG_UP
    assert desk.settled == []


def test_the_limit_cuts_a_talk() -> None:
    desk = Desk([offer(limit="120000")])
    placed(desk, "answer")
    assert desk.settled[0].talk_ms == 120_000


@pytest.mark.parametrize(
    "outcomes", ["busy", "404", "noanswer", "484"], ids=["busy", "no such number", "rang", "incomplete"]
)
def test_an_outcome_of_the_person_called_ends_the_routes(outcomes: str) -> None:
    assert len(dialled(placed(Desk([offer()]), outcomes))) == 1


@pytest.mark.parametrize("outcomes", ["503", "480", "dead", "unknown", "500", "403"])
def test_an_outcome_of_the_carrier_tries_the_next_route(outcomes: str) -> None:
    assert len(dialled(placed(Desk([offer()]), outcomes))) == 2


@pytest.mark.parametrize(
    "number",
    ["9000005&Local/9000005@leg/n", "900,60,gT", "900@carrier2&PJSIP/1", "${SHELL(id)}", '9"00', "", "12", "9" * 21],
)
def test_a_destination_that_is_not_digits_is_never_dialled(number: str) -> None:
    """asterisk.md 11.1."""
    desk = Desk([offer(dst=number)])
    call = placed(desk)
    assert dialled(call) == []
    assert any(isinstance(event, NotDialled) and event.variable == "CARD_DST" for event in call.log.events)
    assert [one.talk_ms for one in desk.settled] == [0]


@pytest.mark.parametrize("wrong", [{"limit": ""}, {"limit": "0"}, {"ring": "0"}, {"ring": ""}, {"routes": "a/b"}])
def test_no_limit_no_ring_time_and_no_strange_route_is_dialled(wrong: dict[str, str]) -> None:
    desk = Desk([offer(**wrong)])
    assert dialled(placed(desk)) == []
    assert len(desk.settled) == 1


def test_a_call_id_of_another_shape_ends_in_the_excuse() -> None:
    desk = Desk([offer(call_id="../../etc/passwd")])
    call = placed(desk)
    assert (call.end, heard(call)[-1], desk.settled) == (CallEnd.SERVICE_UNAVAILABLE, "service-unavailable", [])


def test_a_server_that_dies_in_mid_session_is_excused_and_its_hold_settled() -> None:
    desk = Desk()
    variables = offer()

    async def dies(call: AgiCall) -> None:
        await call.answer()
        await call.set_variables({"CARD_CALL": variables["CARD_CALL"]})
        call.wire.lose("killed")

    with serving(dies, desk.settle) as address:
        call = place_call(address, CallFrom("18005550100"), handset())
    assert call.end is CallEnd.SERVICE_UNAVAILABLE
    assert not call.server_was_away
    assert heard(call) == ["service-unavailable"]
    assert [(one.place, one.talk_ms, one.tried) for one in desk.settled] == [(SettlePlace.HANDLER, 0, ())]


def test_a_settlement_that_is_not_confirmed_is_asked_again_and_spooled(tmp_path: Path) -> None:
    desk = Desk([offer()], confirms=False)
    placed(desk, "answer:65.hangup", spool=tmp_path)
    (file,) = tmp_path.iterdir()
    settlement = SettleArguments.from_spool_line(file.read_text())
    assert (settlement.talk_ms, settlement.place) == (65_000, SettlePlace.SPOOL)
    assert file.name == f"{settlement.call_id}.txt"


def test_a_server_that_is_away_is_excused() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        call = place_call(nobody.getsockname(), CallFrom("18005550100"), handset())
    assert (call.end, call.server_was_away, heard(call)) == (
        CallEnd.SERVICE_UNAVAILABLE, True, ["service-unavailable"]
    )  # fmt: skip


def test_a_call_of_the_simulator_bears_its_mark() -> None:
    seen: list[tuple[str, str]] = []

    async def looks(call: AgiCall) -> None:
        seen.append((call.channel, call.caller_id))
        await call.set_variables({"CARD_NEXT": "end"})

    with serving(looks, looks) as address:
        place_call(address, CallFrom("+18005550100"), handset())
    assert seen[0][0].startswith("SIM/")
    assert seen[0][1] == ""


def test_wrong_callers_are_refused() -> None:
    with pytest.raises(NoSuchAccessNumber):
        CallFrom("12")
    with pytest.raises(NoSuchCaller):
        CallFrom("18005550100", "1\nagi_arg_1: 9")
