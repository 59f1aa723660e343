"""A line between us and PostgreSQL that drops at the worst moment: when COMMIT is sent and its answer is not back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import pytest
from factories import KEYS, NOW, UTC, World, a_world, answered, micros
from proxy import Proxy
from sqlalchemy import make_url, text
from sqlalchemy.orm import Session

from billing.states import CardType
from fastagi.database import Database, DatabaseUnavailable
from fastagi.flow.desk import CardDesk
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


class Line:
    """A world, and use cases that reach it through the proxy as the call server does."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url, pool_size=2)
        self.proxy = Proxy(int(make_url(url).port or 0))
        with Session(self.engine, autoflush=False) as session:
            self.world: World = a_world(session, group={"card_type": CardType.RECHARGEABLE})
            self.quote, self.context = self.world.good_quote(), self.world.context()
            session.commit()

    def work(self, use: Callable[[CardDesk], Awaitable[T]]) -> T:
        async def run() -> T:
            engine = make_engine(make_url(self.url).set(port=self.proxy.own_port), pool_size=2)
            database = Database(session_factory(engine), threads=2, seconds_max=20)
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
