"""The route session: what the dialplan is told when it moves on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factories import BRITAIN
from line import Line, open_line
from scripted_call import ScriptedCall

from fastagi.flow.next_route import next_route
from models import Account
from telephony.handover import Variable

if TYPE_CHECKING:
    from sqlalchemy import Engine


def told(line: Line, *arguments: str) -> str | None:
    call = ScriptedCall(arguments=arguments)
    line.at_desk(lambda desk: next_route(call, desk))
    return call.variables.get(Variable.TURN)


def a_line_with_lines(engine: Engine, **capacity: int) -> Line:
    line = open_line(engine)
    with line.database() as world:
        for name, number in capacity.items():
            world.set(Account, world.carriers[f"test.{name}"], terminator_capacity=number)
    return line


def test_a_carrier_with_a_line_is_dialled_and_a_full_one_is_skipped(engine: Engine) -> None:
    """JA-46."""
    line = a_line_with_lines(engine, second=1)
    first, second = line.dial_with_card(f"{BRITAIN}#"), line.dial_with_card(f"{BRITAIN}#", place=1)
    assert first.told[Variable.CLAIM] == "0:1:1"
    assert told(line, first.call_id, "test.second") == "dial"
    assert told(line, second.call_id, "test.second") == "skip"
    assert told(line, second.call_id, "test.dear") == "dial"
    assert line.is_proved(open_holds=2)


def test_a_call_that_is_settled_is_dialled_no_more(engine: Engine) -> None:
    line = a_line_with_lines(engine)
    ended = line.dial_with_card(f"{BRITAIN}#")
    line.settle(ended, 5)
    assert told(line, ended.call_id, "test.second") == "skip"


def test_a_question_out_of_shape_gets_no_answer(engine: Engine) -> None:
    line = a_line_with_lines(engine)
    assert told(line, "no-call-id", "test.second") is None
    assert told(line) is None


def test_when_every_line_is_busy_the_caller_hears_it(engine: Engine) -> None:
    line = a_line_with_lines(engine, cheap=0, second=0, dear=0)
    ended = line.dial_with_card(f"{BRITAIN}#", "", "")
    assert "all-lines-busy" in ended.heard
    assert line.is_proved()
