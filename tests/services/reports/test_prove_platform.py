"""The whole proof on several connections of one moment: it says what one connection says, and misses no planted row."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from factories import LITHUANIA, NOW, a_world, answered, not_answered
from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from models import CallDay, Cube, Wallet
from models.database import make_read_engine
from services.money.verify_ledger import ledger_looks
from services.reports.prove_platform import prove_platform
from services.reports.roll_up_calls import Work, roll_up_calls
from services.store.one_moment import at_one_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

LANES = 3
A_CUBE = CallDay.cube == Cube.TRADE


@pytest.fixture
def reader(engine: Engine, database_url: str) -> Iterator[Engine]:
    """Of a world with calls whose rollup is done."""
    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        world.call("answered", LITHUANIA)
        world.settle(answered("answered", 600))
        world.call("busy")
        world.settle(not_answered("busy", "BUSY"))
        session.commit()

    def write(work: Work) -> Any:  # noqa: ANN401 (what the work answers)
        with Session(engine) as session, session.begin():
            return work(session)

    roll_up_calls(write, NOW + timedelta(hours=2), UTC)  # so long after that the day is judged
    reader = make_read_engine(database_url, pool_size=LANES)
    yield reader
    reader.dispose()


def twice(session: Session) -> None:
    columns = [column.name for column in CallDay.__table__.columns if column.name != "id"]
    rows = select(*(getattr(CallDay, name) for name in columns)).where(A_CUBE)
    session.execute(insert(CallDay).from_select(columns, rows))


PLANTED: dict[str, Callable[[Session], Any]] = {
    "a figure that is wrong": lambda session: session.execute(
        update(CallDay).where(A_CUBE).values(cost_micros=CallDay.cost_micros + 1)
    ),
    "a row that is lost": lambda session: session.execute(CallDay.__table__.delete().where(A_CUBE)),
    "a row that stands twice": twice,
    "a row of another day": lambda session: session.execute(text("UPDATE call_day SET day = '2001-01-01'")),
    "a wallet with a micro too much": lambda session: session.execute(
        update(Wallet).where(Wallet.kind == "card").values(balance_micros=Wallet.balance_micros + 1)
    ),
}


def proved(reader: Engine, lanes: int) -> list[str]:
    with Session(reader) as session:
        return sorted(map(str, prove_platform(session, lanes=lanes)))


def test_a_whole_world_is_proved_on_several_connections(reader: Engine) -> None:
    assert proved(reader, LANES) == []


@pytest.mark.parametrize("error", PLANTED)
def test_several_connections_find_what_one_finds(engine: Engine, reader: Engine, error: str) -> None:
    with Session(engine) as session, session.begin():
        PLANTED[error](session)
    found = proved(reader, LANES)
    assert found != []
    assert found == proved(reader, 1)


def test_all_connections_see_the_moment_at_which_the_proof_began(engine: Engine, reader: Engine) -> None:
    """A row that another transaction writes between two of the works is seen by none of them."""
    count = text("SELECT COUNT(*) FROM call_day")

    def look(session: Session) -> int:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM call_day WHERE id = (SELECT MIN(id) FROM call_day)"))
        return int(session.execute(count).scalar_one())

    with Session(reader) as session:
        before = int(session.execute(count).scalar_one())
        assert at_one_moment(session, [look] * before, lanes=LANES) == [before] * before
    with Session(reader) as session:
        assert session.execute(count).scalar_one() < before


def test_connections_that_cannot_be_had_are_done_without(engine: Engine, database_url: str) -> None:
    """The pool has one: the helpers wait in vain, and what they would have done is done."""
    with Session(engine) as session:
        a_world(session)
        session.commit()
    narrow = make_read_engine(database_url, pool_size=1)
    with Session(narrow) as session:
        looks = list(ledger_looks(session).values())
        assert at_one_moment(session, looks, lanes=LANES) == [[]] * len(looks)
    narrow.dispose()


def test_a_work_that_fails_is_told_and_ends_the_others(reader: Engine) -> None:
    def broken(session: Session) -> int:
        return int(session.execute(text("SELECT 1 FROM no_such_table")).scalar_one())

    with Session(reader) as session, pytest.raises(Exception, match="no_such_table"):
        at_one_moment(session, [broken] * 20, lanes=LANES)
