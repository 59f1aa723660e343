"""The bridge from the event loop to the database: use cases in a bounded pool of threads, each in its own Session."""

from __future__ import annotations

import asyncio
import contextvars
import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeAlias, TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from fastagi.transient_errors import is_transient
from models.database import session_factory, without_transactions
from services.store.disk_full import is_disk_full

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")
Note: TypeAlias = "Callable[[str, float, asyncio.Future[Any]], None]"

THREADS: Final = 8  # the pool of connections must be at least as large, so that no thread waits for one
SECONDS_MAX: Final = 2.0  # with what the dialplan adds, a caller hears "service unavailable" within 3 s
JOBS_WAITING_MAX: Final = 256  # what does not fit is refused at once: the caller hears so now, and not in a minute
ATTEMPTS_MAX: Final = 6
RETRY_SECONDS_FIRST: Final = 0.01  # doubled each time, with jitter: about 0.3 s over all attempts
DRAIN_SECONDS_MAX: Final = 30.0  # a transaction that takes longer hangs on the database's side

log = structlog.get_logger(__name__)


class DatabaseUnavailable(Exception):
    """No answer in time, too many jobs waiting, or a database that is away, full or locked.

    After a deadline the work may still be done later, by itself.
    """


class Database:
    """Runs use cases `use_case(session, *args)`; each commits, and is safe to repeat by its own key. `note` is told
    name, seconds and end of each.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session] | Engine,
        threads: int = THREADS,
        seconds_max: float = SECONDS_MAX,
        jobs_waiting_max: int = JOBS_WAITING_MAX,
        note: Note = lambda *_: None,
    ) -> None:
        self._sessions = sessionmaker(sessions) if isinstance(sessions, Engine) else sessions
        self._readings = session_factory(without_transactions(self._sessions.kw["bind"]))
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="database")
        self.threads = threads
        self._note = note
        self._seconds_max = seconds_max
        self._jobs_max = threads + jobs_waiting_max
        self._jobs: set[asyncio.Future[Any]] = set()
        self._abandoned: set[asyncio.Future[Any]] = set()
        self._closed = False

    @property
    def jobs(self) -> int:
        """At work or waiting."""
        return len(self._jobs)

    @property
    def queue(self) -> int:
        """Waiting for a thread."""
        return max(0, len(self._jobs) - self.threads)

    async def run(self, use_case: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Answer what the use case answers, after its commit; a cancelled or late caller never stops the work."""
        return await self._submit(self._sessions, use_case, *args, **kwargs)

    async def read(self, use_case: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for a use case that only reads, without a transaction: two round trips less."""
        return await self._submit(self._readings, use_case, *args, **kwargs)

    async def drain(self) -> None:
        """Refuse new jobs and let every one that was submitted end."""
        self._closed = True
        if self._jobs:
            await asyncio.wait(self._jobs, timeout=DRAIN_SECONDS_MAX)
        if self._jobs:
            log.error("database jobs do not end", jobs=len(self._jobs))
        self._pool.shutdown(wait=not self._jobs)

    async def _submit(
        self,
        sessions: sessionmaker[Session],
        use_case: Callable[Concatenate[Session, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        if self._closed or len(self._jobs) >= self._jobs_max:
            raise DatabaseUnavailable("closed" if self._closed else "too many jobs waiting")
        name, begun = getattr(use_case, "__name__", "use case"), time.monotonic()
        context = contextvars.copy_context()  # log lines of the use case carry the call id
        work = partial(_attempts, sessions, name, lambda session: use_case(session, *args, **kwargs))
        job = asyncio.get_running_loop().run_in_executor(self._pool, context.run, work)
        self._jobs.add(job)
        job.add_done_callback(lambda done: self._ended(name, begun, done))
        try:
            async with asyncio.timeout(self._seconds_max):
                return await asyncio.shield(job)
        except TimeoutError as error:
            if job.done():
                return job.result()  # it ended in the same moment, or the use case itself raised TimeoutError
            self._abandon(name, job)
            raise DatabaseUnavailable(f"{name}: no answer in {self._seconds_max} s") from error
        except asyncio.CancelledError:
            self._abandon(name, job)
            raise

    def _ended(self, name: str, begun: float, job: asyncio.Future[Any]) -> None:
        self._jobs.discard(job)
        self._note(name, time.monotonic() - begun, job)
        if job in self._abandoned:
            self._abandoned.discard(job)
            _tell(name, job)

    def _abandon(self, name: str, job: asyncio.Future[Any]) -> None:
        """Nobody is left to take the result: it is told in the log, so that no failure is lost."""
        if job.done():
            _tell(name, job)
        else:
            self._abandoned.add(job)


def _attempts(sessions: sessionmaker[Session], name: str, work: Callable[[Session], T]) -> T:
    """Run in the worker thread: one Session a try, committed and closed here."""
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            with sessions.begin() as session:
                return work(session)
        except PoolTimeout as error:
            raise DatabaseUnavailable(f"{name}: no free connection") from error
        except DBAPIError as error:
            passes = is_transient(error)
            if attempt == ATTEMPTS_MAX or not passes:
                # not of our making: full, locked, away
                if passes or isinstance(error, OperationalError | InterfaceError):
                    why = "disk full, or it takes no writes" if is_disk_full(error) else type(error.orig).__name__
                    raise DatabaseUnavailable(f"{name}: {why}") from error
                raise
            log.warning("database job tried again", use_case=name, attempt=attempt, why=type(error.orig).__name__)
        time.sleep(RETRY_SECONDS_FIRST * 2**attempt * random.uniform(0.25, 1.0))  # noqa: S311 - spreads, guards nothing
    raise AssertionError("the last attempt answers or raises")


def _tell(name: str, job: asyncio.Future[Any]) -> None:
    if job.cancelled():
        log.error("abandoned database job was cancelled", use_case=name)
    elif (error := job.exception()) is not None:
        log.error("abandoned database job failed", use_case=name, exc_info=error)
    else:
        log.warning("abandoned database job done", use_case=name, result=type(job.result()).__name__)
