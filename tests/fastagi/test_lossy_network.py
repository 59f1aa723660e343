"""Between call server and PostgreSQL packets are lost, late, doubled and out of order, or none comes through for a
while: each call is held and charged once.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, NOW, UTC, World, a_world, answered
from proxy import Proxy
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from billing.refusals import Refusal
from fastagi.database import Database, DatabaseUnavailable
from fastagi.flow.desk import CardDesk
from models.database import make_engine, session_factory
from services.calls.authorise_call import Authorised
from services.calls.settle_call import Settled
from tests.lossy_wire import LossyWire, Weather, lossy_wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from databases import PostgresqlDatabases

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(300)]
CALLS = 40
BAD_WEATHER = Weather(lost=0.08, doubled=0.05, delay_seconds=0.002, jitter_seconds=0.02)
PATIENCE_SECONDS = 120.0  # what no caller would wait for: the charge is what is looked at


class Far:
    """A world, and a call server that reaches it through the wire."""

    def __init__(self, url: str, wire: LossyWire) -> None:
        self.wire = wire
        self.engine = make_engine(url, pool_size=4)
        with Session(self.engine, autoflush=False) as session:
            self.world: World = a_world(session, group={"calls_max": 4})
            self.quote, self.context = self.world.good_quote(), self.world.context()
            session.commit()
        self.proxy = Proxy(int(make_url(url).port or 0), wire.listener())
        self.url = make_url(url).set(host=wire.far, port=self.proxy.own_port)

    def close(self) -> None:
        self.proxy.close()
        self.engine.dispose()

    @asynccontextmanager
    async def desk(self, seconds_max: float) -> AsyncIterator[CardDesk]:
        engine = make_engine(self.url, pool_size=4)
        database = Database(session_factory(engine), threads=4, seconds_max=seconds_max)
        try:
            yield CardDesk(database, KEYS, UTC, lambda: NOW)
        finally:
            await database.drain()
            engine.dispose()

    def world_now(self, session: Session) -> World:
        return self.world.on(session)


@pytest.fixture
def far(postgresql_databases: PostgresqlDatabases) -> Iterator[Far]:
    url = postgresql_databases.create()
    with lossy_wire() as wire:
        far = Far(url, wire)
        yield far
        far.close()
    postgresql_databases.drop(url)


async def one_call(desk: CardDesk, far: Far, call_id: str) -> int:
    """Held and settled, each again until it is answered, as call server and spool do; seconds charged."""
    held = await again(lambda: desk.authorise(call_id, far.quote, far.context))
    assert isinstance(held, Authorised | Refusal)
    if isinstance(held, Refusal):
        return 0
    both = await asyncio.gather(*(again(lambda: desk.settle(answered(call_id, 1))) for _ in range(2)))
    assert all(isinstance(one, Settled) for one in both)
    return both[0].talk_seconds


async def again(work):  # noqa: ANN001, ANN201
    while True:
        try:
            return await work()
        except DatabaseUnavailable:
            continue


def test_calls_are_charged_once_whatever_becomes_of_the_packets(far: Far) -> None:
    """F9, F12: also by answers that come twice, late, or after a connection that was given up."""
    far.wire.weather = BAD_WEATHER

    async def all_calls() -> int:
        gate = asyncio.Semaphore(4)

        async def guarded(desk: CardDesk, call_id: str) -> int:
            async with gate:
                return await one_call(desk, far, call_id)

        async with far.desk(PATIENCE_SECONDS) as desk:
            return sum(await asyncio.gather(*(guarded(desk, f"call-{number}") for number in range(CALLS))))

    seconds = asyncio.run(all_calls())
    assert seconds > 0
    assert far.wire.lost > 20, "packets were lost indeed"
    with Session(far.engine) as session:
        world = far.world_now(session)
        assert sum(amount for _, _, amount in world.ledger()) == seconds * 1_000
        assert len({reference for _, reference, _ in world.ledger()}) == len(world.ledger())
        assert world.is_proved()
        assert set(world.holds().values()) == {"settled"}


def test_a_wire_that_is_cut_in_a_call_is_unavailable_and_the_repeat_gives_the_first_result(far: Far) -> None:
    """F6, F7, F9: no packet comes through and nobody says so; then it heals."""

    async def story() -> None:
        async with far.desk(3) as desk:
            assert isinstance(await desk.authorise("call-1", far.quote, far.context), Authorised)
            far.wire.weather = Weather(is_cut=True)
            with pytest.raises(DatabaseUnavailable):
                await desk.settle(answered("call-1", 60))
            with pytest.raises(DatabaseUnavailable):
                await desk.authorise("call-2", far.quote, far.context)
            far.wire.weather = Weather()
            settled = await again(lambda: desk.settle(answered("call-1", 60)))
            assert (settled.talk_seconds, settled.cost_micros) == (60, 60_000)

    asyncio.run(story())
    with Session(far.engine) as session:
        world = far.world_now(session)
        assert world.ledger() == [("call", "call-1", 60_000)]
        assert world.holds()["call-1"] == "settled"
        assert world.is_proved()
