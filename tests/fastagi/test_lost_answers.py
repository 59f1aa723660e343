"""A line between us and PostgreSQL that drops at the worst moment, when COMMIT is sent and its answer is not back, or
falls silent."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, TypeVar

import pytest
from factories import KEYS, NOW, UTC, World, a_world, answered, micros
from proxy import Proxy
from sqlalchemy import make_url, text
from sqlalchemy.orm import Session

from billing.states import CardType, HoldState
from fastagi.database import SECONDS_MAX, Database, DatabaseUnavailable
from fastagi.flow.desk import CardDesk
from models import Hold
from models.database import make_engine, session_factory
from services.audit.audit import Actor, Door
from services.calls.authorise_call import Authorised
from services.calls.settle_call import Settled
from services.money.recharge_card import recharge_card

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from databases import PostgresqlDatabases

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(180)]
T = TypeVar("T")
COMMIT = b"COMMIT"
DEAD_PEER_MS_MAX = 10_000  # models/database.py: a machine that is gone is given up after about 9 s


class Line:
    """A world, and use cases that reach it through the proxy as the call server does."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.seconds_max = 20.0  # a busy machine gets what no caller would wait for
        self.engine = make_engine(url, pool_size=2)
        self.proxy = Proxy(int(make_url(url).port or 0))
        with Session(self.engine, autoflush=False) as session:
            self.world: World = a_world(session, group={"card_type": CardType.RECHARGEABLE})
            self.quote, self.context = self.world.good_quote(), self.world.context()
            session.commit()

    def work(self, use: Callable[[CardDesk], Awaitable[T]]) -> T:
        async def run() -> T:
            engine = make_engine(make_url(self.url).set(port=self.proxy.own_port), pool_size=2)
            database = Database(session_factory(engine), threads=2, seconds_max=self.seconds_max)
            try:
                return await use(CardDesk(database, KEYS, UTC, lambda: NOW))
            finally:
                await database.drain()
                engine.dispose()

        return asyncio.run(run())

    def close(self) -> None:
        self.proxy.close()
        self.engine.dispose()


@pytest.fixture
def line(postgresql_databases: PostgresqlDatabases) -> Iterator[Line]:
    url = postgresql_databases.create()
    line = Line(url)
    yield line
    line.close()
    postgresql_databases.drop(url)


def test_a_hold_and_a_settlement_whose_answers_are_lost_are_there_once(line: Line) -> None:
    """F9, F12: the repeat meets what is there already and gives the first answer."""
    line.proxy.lose_answer_to(COMMIT)
    held = line.work(lambda desk: desk.authorise("call-1", line.quote, line.context))
    assert isinstance(held, Authorised)
    line.proxy.lose_answer_to(COMMIT)
    settled = line.work(lambda desk: desk.settle(answered("call-1", 60)))
    assert isinstance(settled, Settled)
    assert settled.is_repeat, "the first try was committed"
    with Session(line.engine) as session:
        world = line.world.on(session)
        assert world.ledger() == [("call", "call-1", micros("0.06"))]
        assert world.holds() == {"call-1": "settled"}
        assert world.is_proved()


def test_a_recharge_whose_answer_is_lost_is_booked_once(line: Line) -> None:
    """F9, F27."""
    card_id, actor = line.world.cards[0].card_id, Actor("anna", Door.CONSOLE)
    line.proxy.lose_answer_to(COMMIT)
    done = line.work(lambda desk: desk.database.run(recharge_card, card_id, micros("2.00"), "R-1", actor, NOW, UTC))
    assert (done.is_repeat, done.balance_micros) == (True, micros("7.00"))
    with Session(line.engine) as session:
        assert line.world.on(session).is_proved()


def test_a_line_that_is_cut_is_unavailable_and_back_without_a_restart(line: Line) -> None:
    """F6, F7: the same server goes on when the line is mended."""

    async def use(desk: CardDesk) -> None:
        assert isinstance(await desk.authorise("call-1", line.quote, line.context), Authorised)
        line.proxy.cut()
        with pytest.raises(DatabaseUnavailable):
            await desk.settle(answered("call-1", 60))
        line.proxy.mend()
        settled = await desk.settle(answered("call-1", 60))
        assert isinstance(settled, Settled)
        assert not settled.is_repeat

    line.work(use)
    with Session(line.engine) as session:
        assert line.world.on(session).is_proved()


def test_a_database_that_only_reads_takes_no_call_and_keeps_what_is_to_settle(line: Line) -> None:
    """F8: as where its disk is full, or a standby was not promoted yet; afterwards the settlement is booked once."""
    assert isinstance(line.work(lambda desk: desk.authorise("call-1", line.quote, line.context)), Authorised)
    only_reads(line, "on")
    for use in (
        lambda desk: desk.authorise("call-2", line.quote, line.context),
        lambda desk: desk.settle(answered("call-1", 60)),
    ):
        with pytest.raises(DatabaseUnavailable):
            line.work(use)
    only_reads(line, "off")
    settled = line.work(lambda desk: desk.settle(answered("call-1", 60)))
    assert (settled.is_repeat, settled.cost_micros) == (False, micros("0.06"))
    with Session(line.engine) as session:
        world = line.world.on(session)
        assert world.holds() == {"call-1": "settled"}
        assert world.is_proved()


def only_reads(line: Line, switch: str) -> None:
    """For every session that begins from now on."""
    name = make_url(line.url).database
    writer = make_engine(line.url, pool_size=1).execution_options(isolation_level="AUTOCOMMIT")
    with writer.connect() as connection:
        connection.execute(text("SET default_transaction_read_only = off"))
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = {switch}"))
    writer.dispose()


def test_a_silent_database_is_unavailable_by_the_deadline_and_back_when_it_answers(line: Line) -> None:
    """F6, F7: the caller is told in time, nothing is half done, and the settlement is booked once."""
    line.seconds_max = SECONDS_MAX

    async def use(desk: CardDesk) -> None:
        held = await in_the_end(lambda: desk.authorise("call-1", line.quote, line.context))
        assert isinstance(held, Authorised)
        line.proxy.hush()
        with pytest.raises(DatabaseUnavailable):
            await desk.authorise("call-2", line.quote, line.context)
        with pytest.raises(DatabaseUnavailable):
            await desk.settle(answered("call-1", 60))
        line.proxy.mend()
        assert isinstance(await in_the_end(lambda: desk.settle(answered("call-1", 60))), Settled)

    line.work(use)
    with Session(line.engine) as session:
        world = line.world.on(session)
        assert world.holds()["call-1"] == HoldState.SETTLED
        held = session.get(Hold, "call-2")
        assert held is None or held.state is HoldState.OPEN
        assert world.is_proved()


async def in_the_end(work: Callable[[], Awaitable[object]]) -> object:
    """As callers and the spool do: again until it is there; a busy machine may miss the deadline by itself."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await work()
            except DatabaseUnavailable:
                await asyncio.sleep(0.05)


def test_the_kernel_gives_up_a_machine_that_answers_no_packet(line: Line) -> None:
    """Whatever waits on such a connection is freed by it: data that nobody acknowledges, and a silence without data."""
    engine = make_engine(line.url, pool_size=1)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        driver = connection.connection.driver_connection
        assert driver is not None
        with socket.fromfd(driver.fileno(), socket.AF_INET, socket.SOCK_STREAM) as peer:
            unacknowledged = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            probes = [
                peer.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            ]
            assert peer.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    engine.dispose()
    assert 0 < unacknowledged <= DEAD_PEER_MS_MAX
    assert 0 < (probes[0] + probes[1] * probes[2]) * 1_000 <= DEAD_PEER_MS_MAX + 1_000
