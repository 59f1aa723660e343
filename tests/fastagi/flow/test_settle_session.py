"""The settle session: confirmed after the commit only, and repeated without harm (M-26, F4, F12)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, KEYS, TALK_BEGINS_MS, UTC, micros
from scripted_call import ScriptedCall
from sqlalchemy import event

from fastagi.database import Database, DatabaseUnavailable
from fastagi.flow.desk import CardDesk
from fastagi.flow.settle import settle
from models.database import session_factory

if TYPE_CHECKING:
    from line import Line
    from sqlalchemy.orm import Session

UNKNOWN = "00000000-0000-4000-8000-000000000000"
BOTH = pytest.mark.parametrize(
    "line_database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


def report(call_id: str, seconds: int = 60, place: str = "inline") -> tuple[str, ...]:
    stamps = (str(TALK_BEGINS_MS), str(TALK_BEGINS_MS + seconds * 1000))
    return (place, call_id, "test.second", "ANSWER", "16", *stamps, "test.cheap-CONGESTION-34:test.second-ANSWER-16")


@BOTH
def test_a_settlement_is_confirmed_and_booked_once(line: Line) -> None:
    """M-26, F12: the hangup handler repeats what was settled inline; the first result stays."""
    call_id = line.dial_with_card(f"{BRITAIN}#").call_id
    assert line.report(*report(call_id)).variables == {"CARD_SETTLED": call_id}
    assert line.report(*report(call_id, 600, "handler")).variables == {"CARD_SETTLED": call_id}
    with line.database() as world:
        assert world.ledger() == [("call", call_id, micros("0.06"))]
        record = world.record(call_id)
        assert (record.settled_by, record.talk_seconds, record.cost_micros) == ("inline", 60, micros("0.06"))
        assert record.carrier_account_id == world.carriers["test.second"]
        assert record.buy_cost_micros == micros("0.036")
    assert line.is_proved()


def test_nothing_is_confirmed_before_the_commit(line: Line) -> None:
    """F4: what is not confirmed is spooled by the dialplan and comes again."""
    call_id = line.dial_with_card(f"{BRITAIN}#").call_id
    sessions = session_factory(line.engine)
    call = ScriptedCall(arguments=report(call_id))
    confirmed_before: list[bool] = []
    event.listen(sessions, "before_commit", lambda _session: confirmed_before.append(bool(call.variables)))

    async def run() -> None:
        database = Database(sessions, threads=1)
        await settle(call, CardDesk(database, KEYS, UTC, lambda: line.now))
        await database.drain()

    asyncio.run(run())
    assert confirmed_before == [False]
    assert call.variables == {"CARD_SETTLED": call_id}


def test_a_commit_that_fails_is_not_confirmed(line: Line) -> None:
    call_id = line.dial_with_card(f"{BRITAIN}#").call_id

    sessions = session_factory(line.engine)
    call = ScriptedCall(arguments=report(call_id))

    def disk_is_full(_session: Session) -> None:
        raise DatabaseUnavailable("the disk is full")

    event.listen(sessions, "before_commit", disk_is_full)

    async def run() -> None:
        database = Database(sessions, threads=1)
        with pytest.raises(DatabaseUnavailable):
            await settle(call, CardDesk(database, KEYS, UTC, lambda: line.now))
        await database.drain()

    asyncio.run(run())
    assert call.variables == {}
    assert line.is_proved(open_holds=1)


def test_an_unknown_call_is_not_confirmed(line: Line) -> None:
    """asterisk.md 11.4: money requests are accepted only for call ids that we issued."""
    assert line.report(*report(UNKNOWN)).variables == {}
    assert line.is_proved()


GARBAGE = (
    (),
    ("inline",),
    ("elsewhere", *report(UNKNOWN)[1:]),
    ("inline", "1; DROP TABLE card", *report(UNKNOWN)[2:]),
    (*report(UNKNOWN)[:5], "yesterday", *report(UNKNOWN)[6:]),
    (*report(UNKNOWN)[:7], "a-b-c-d"),
    (*report(UNKNOWN), "more"),
)


@pytest.mark.parametrize("arguments", GARBAGE)
def test_garbage_is_refused_as_a_whole(line: Line, arguments: tuple[str, ...]) -> None:
    """F32."""
    call_id = line.dial_with_card(f"{BRITAIN}#").call_id
    arguments = tuple(call_id if word == UNKNOWN else word for word in arguments)
    assert line.report(*arguments).variables == {}
    assert line.is_proved(open_holds=1)


def test_a_call_that_nobody_answered_frees_its_hold(line: Line) -> None:
    call_id = line.dial_with_card(f"{BRITAIN}#").call_id
    line.report("handler", call_id, "test.cheap", "CANCEL", "0", "", str(TALK_BEGINS_MS), "test.cheap-CANCEL-0")
    assert line.available_micros == micros("5.00")
    assert line.is_proved()
