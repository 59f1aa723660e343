"""What is not a caller's fault: closed numbers, a hang-up at any point, and a database that is away (F2, F7, F23)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, KEYS, UTC, micros
from scripted_call import ScriptedCall
from sqlalchemy import update

from billing.states import PinEntryMode
from fastagi.call import CallerHungUp
from fastagi.database import Database, DatabaseUnavailable
from fastagi.flow.card_call import CallEnd, card_call
from fastagi.flow.desk import CardDesk
from models import AccessNumber, IvrPlan
from models.database import make_engine, session_factory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from line import Line

CLOSED = "answer\naccess-closed"


def test_an_unknown_access_number_is_closed(line: Line) -> None:
    ended = line.dial(number="18005550999")
    assert (ended.how, ended.heard, ended.told) == (CallEnd.ACCESS_CLOSED, CLOSED, {"CARD_NEXT": "end"})


@pytest.mark.parametrize("table", [AccessNumber, IvrPlan])
def test_a_number_or_plan_that_is_switched_off_is_closed(line: Line, table: type) -> None:
    with line.database() as world:
        world.session.execute(update(table).values(is_enabled=False))
    assert line.dial().heard == CLOSED


@pytest.mark.parametrize("mode", PinEntryMode)
def test_a_hang_up_at_any_step_leaves_no_hold(a_line: Callable[..., Line], mode: PinEntryMode) -> None:
    """F23: after the hangup handler's settlement, which comes whenever a call id stands on the channel."""
    line = a_line(
        group={"pin_entry_mode": mode, "pinless_allowed": True, "pinless_confirm": True}, plan={"pinless_enabled": True}
    )
    number, pin = line.world.keyed()
    keys = [pin] if mode is PinEntryMode.PIN_ONLY else [number, pin]
    for step in range(1, 100):
        line.now += timedelta(hours=1)  # ten calls an hour may end without a destination
        ended = line.dial(*keys, "2", f"{BRITAIN}#", caller_id="37061234567", hangs_up_at=step)
        if ended.call_id:
            line.settle_undialled(ended)
        assert line.is_proved()
        assert line.available_micros == micros("5.00")
        if not ended.call.was_hung_up:
            break
    assert ended.how is CallEnd.HANDED_OVER
    assert step > 10


def test_without_a_database_the_next_step_stays_unset(tmp_path: Path) -> None:
    """F7: the dialplan then says service-unavailable, and nothing is dialled."""

    async def run() -> ScriptedCall:
        engine = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing", pool_size=1)
        database = Database(session_factory(engine), threads=1)
        call = ScriptedCall()
        with pytest.raises(DatabaseUnavailable):
            await card_call(call, CardDesk(database, KEYS, UTC))
        await database.drain()
        engine.dispose()
        return call

    assert asyncio.run(run()).variables == {}
    assert tmp_path.exists()


def test_a_caller_who_left_is_told_by_one_exception(line: Line) -> None:
    async def run() -> None:
        database = Database(session_factory(line.engine), threads=1)
        with pytest.raises(CallerHungUp):
            await card_call(ScriptedCall(hangs_up_at=1), CardDesk(database, KEYS, UTC))
        await database.drain()

    asyncio.run(run())
