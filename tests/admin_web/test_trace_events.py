"""The trace of a real call as the simulator page shows it, in the words of the text phone's events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from factories import answered

from admin_web.phones.mor_steps import StepState, step_states
from admin_web.phones.trace_events import events_of, trace_of
from models import CallRecord

if TYPE_CHECKING:
    from pathlib import Path

    from factories import World

CALLER = "15551234567"


def steps() -> list[dict[str, Any]]:
    return [
        {"step": "answered"},
        {"step": "language", "language": "es"},
        {"step": "asked", "prompts": ["enter-card-number"]},
        {"step": "keyed", "digits": "1005668240", "end": "full"},
        {"step": "asked", "prompts": ["enter-pin"]},
        {"step": "keyed", "digits": "****", "end": ""},
        {"step": "asked", "prompts": ["enter-destination-end-with-hash"]},
        {"step": "set", "variables": "CARD_CALL=call-1"},
        {"step": "set", "variables": "CARD_NEXT=dial"},
        {"step": "set", "variables": "CARD_SETTLED=call-1"},
    ]


def test_only_the_own_caller_from_the_own_begin_is_read(tmp_path: Path) -> None:
    """And no line that is still being written."""
    file = tmp_path / "trace"
    before = json.dumps({"caller": CALLER, "step": "ended"}) + "\n"
    mine = json.dumps({"caller": CALLER, "step": "answered"}) + "\n"
    others = json.dumps({"caller": "15550000000", "step": "answered"}) + "\n"
    file.write_text(before + mine + others + '{"caller": "1555')
    assert [step["step"] for step in trace_of(file, len(before), CALLER)] == ["answered"]
    assert trace_of(tmp_path / "none", 0, CALLER) == []


def test_a_call_in_spanish_is_told_in_spanish_and_a_pin_question_is_marked() -> None:
    events = events_of(steps(), lambda _: None)
    assert next(event["text"] for event in events if event["kind"] == "heard").startswith("Por favor")
    assert [event["secret"] for event in events if event["kind"] == "asks"] == [False, True, False]
    assert [event["keys"] for event in events if event["kind"] == "keyed"] == ["1005668240", "****"]
    assert [event["kind"] for event in events if event["kind"] != "agi"][-2:] == ["dialling", "settled"]
    assert step_states(events)[9] is StepState.NOW


def test_every_step_of_the_call_server_is_told_and_no_digit_of_a_pin() -> None:
    """console.md 12.2: the transcript beside the browser phone, as the text phone has one."""
    told = [(one["command"], one["reply"]) for one in events_of(steps(), lambda _: None) if one["kind"] == "agi"]
    assert told[:6] == [
        ("answered", ""),
        ("language", "es"),
        ("asked", "enter-card-number"),
        ("keyed", "1005668240 full"),
        ("asked", "enter-pin"),
        ("keyed", "****"),
    ]
    assert told[-1] == ("set", "CARD_SETTLED=call-1")


def test_what_was_dialled_stands_before_its_settlement(world: World) -> None:
    world.call("call-1")
    world.settle(answered("call-1", 61))
    record = world.session.get_one(CallRecord, "call-1")
    events = events_of(steps(), lambda call_id: record if call_id == "call-1" else None)
    kinds = [event["kind"] for event in events if event["kind"] != "agi"]
    assert kinds[-3:] == ["dialling", "dialled", "settled"]
    assert events[-2]["status"] == "ANSWER"
    assert events[-2]["talk_ms"] == record.talk_ms
