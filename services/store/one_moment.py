"""Several connections to PostgreSQL that see one and the same moment, so that long reads are shared among its cores."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolIsEmpty
from sqlalchemy.orm import Session

T = TypeVar("T")


def at_one_moment(session: Session, works: Sequence[Callable[[Session], T]], *, lanes: int) -> list[T]:
    """What each work answers, in the order of the works. `session` is of a read engine (REPEATABLE READ) and has
    written nothing; its pool has `lanes` connections. A connection that cannot be had, or leads to another server of
    several, does nothing: the others do its part. On SQLite, and with one lane, all is done one after the other.
    """
    waiting = deque(enumerate(works))
    answers: dict[int, T] = {}

    def run(lane: Session) -> None:
        while waiting:
            try:
                number, work = waiting.popleft()
            except IndexError:  # another lane was faster
                return
            answers[number] = work(lane)

    engine = session.get_bind().engine
    if lanes == 1 or engine.dialect.name != "postgresql":
        run(session)
        return [answers[number] for number in range(len(works))]
    snapshot = str(session.scalar(text("SELECT pg_export_snapshot()")))
    with ThreadPoolExecutor(lanes - 1, "one-moment") as pool:
        helpers = [pool.submit(_help, engine, snapshot, run) for _ in range(lanes - 1)]
        try:
            run(session)
            for helper in helpers:
                helper.result()
        finally:
            waiting.clear()  # after a failure nobody begins anything more
    return [answers[number] for number in range(len(works))]


def _help(engine: Engine, snapshot: str, run: Callable[[Session], None]) -> None:
    with Session(engine) as session:
        try:
            session.execute(text(f"SET TRANSACTION SNAPSHOT '{snapshot}'"))
        except (DBAPIError, PoolIsEmpty):
            return
        run(session)
