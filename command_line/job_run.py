"""Run a job: under its lock, a transaction for each chunk of cards, so that it can be killed anywhere and run again."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from command_line.installation import open_engine, reading_engine, settings, writing_engine
from fastagi.transient_errors import is_transient
from services.cards.card_lock import CARDS_A_CHUNK
from services.upkeep.card_jobs import CardJob
from services.upkeep.job_lock import free_lock, keep_lock, lock_owner, new_owner, take_lock
from services.upkeep.job_step import JobStep, nothing

ATTEMPTS_MAX = 5  # of one transaction, when a lock or a lost connection ends it
PAUSE_SECONDS = (0.1, 0.3, 1, 2)  # between them; a settlement of a call takes milliseconds
CHUNKS_FAILED_MAX = 3  # in a row: then it is not the cards but the database

T = TypeVar("T")
Progress = Callable[[int, int], None]  # done, total
log = structlog.get_logger()


class JobEnd(StrEnum):
    """How a run ended. Only `done` did everything; the next run does the rest."""

    DONE = "done"
    BUSY = "busy"  # another process runs the same job
    STOPPED = "stopped"  # told to end
    PARTLY = "partly"  # some chunks failed, or another process took over


@dataclass(frozen=True, slots=True)
class JobRun:
    """What one run did; `owner` is who holds the lock of a busy job."""

    job: str
    end: JobEnd
    step: JobStep
    chunks_failed: int = 0
    owner: str | None = None

    @property
    def exit_status(self) -> int:
        return 0 if self.end is JobEnd.DONE else 3

    def as_json(self) -> dict[str, Any]:
        return {"job": self.job, "end": self.end.value, "chunks_failed": self.chunks_failed, **self.step.as_json()}


@dataclass(frozen=True, slots=True)
class JobDesk:
    """The database of an installation: one connection that writes, and one moment to read."""

    writer: Engine
    reader: Engine
    zone: tzinfo

    def read(self, query: Callable[[Session], T]) -> T:
        with Session(self.reader) as session:
            return query(session)

    def write(self, work: Callable[[Session], T]) -> T:
        """One transaction, repeated when it lost a deadlock or its connection: the use cases are idempotent."""
        for pause_seconds in PAUSE_SECONDS:
            try:
                return self._once(work)
            except DBAPIError as error:
                if not is_transient(error):
                    raise
            time.sleep(pause_seconds)
        return self._once(work)

    def _once(self, work: Callable[[Session], T]) -> T:
        with Session(self.writer, autoflush=False) as session, session.begin():
            return work(session)


class LockLost(Exception):
    """Another process took the job over, because this one was silent for too long."""


@contextmanager
def job_desk() -> Iterator[JobDesk]:
    wanted = settings()
    with open_engine(writing_engine()) as writer, open_engine(reading_engine()) as reader:
        yield JobDesk(writer, reader, wanted.zone)


def forecast(desk: JobDesk, job: CardJob, now: datetime) -> JobStep:
    """What a run would do now; nothing is written and no lock is taken."""
    step = nothing()
    for card_ids in _chunks(desk, job, now):
        step += desk.read(partial(job.forecast, card_ids=card_ids, now=now))
    return step


def run_job(desk: JobDesk, job: CardJob, now: datetime, stop: threading.Event, progress: Progress) -> JobRun:
    """One run over all the cards that wait for this job, with one log line at its end."""
    begun = time.monotonic()
    owner = new_owner()
    if desk.write(lambda session: take_lock(session, job.name, owner)):
        run = _work(desk, job, now, owner, stop, progress)
        # A run that an error ends leaves its lock: it is taken over when it has been silent for long enough.
        desk.write(lambda session: free_lock(session, job.name, owner))
    else:
        holder = desk.read(lambda session: lock_owner(session, job.name))
        run = JobRun(job.name, JobEnd.BUSY, nothing(), owner=holder)
    _tell(run, round(time.monotonic() - begun, 2))
    return run


def _work(desk: JobDesk, job: CardJob, now: datetime, owner: str, stop: threading.Event, progress: Progress) -> JobRun:
    try:
        while _prepare(desk, job, owner, now):
            if stop.is_set():
                return JobRun(job.name, JobEnd.STOPPED, nothing())
    except LockLost:
        return JobRun(job.name, JobEnd.PARTLY, nothing())
    total = desk.read(lambda session: job.count(session, now))
    step, failed, failed_in_a_row, looked_at = nothing(), 0, 0, 0
    for card_ids in _chunks(desk, job, now):
        if stop.is_set():
            return JobRun(job.name, JobEnd.STOPPED, step, failed)
        try:
            step += _chunk(desk, job, card_ids, owner, now)
            failed_in_a_row = 0
        except LockLost:
            return JobRun(job.name, JobEnd.PARTLY, step, failed)
        except DBAPIError as error:
            failed, failed_in_a_row = failed + 1, failed_in_a_row + 1
            if failed_in_a_row >= CHUNKS_FAILED_MAX or not is_transient(error):
                raise
            log.warning("cards left to the next run", job=job.name, cards=len(card_ids), why=str(error.orig))
        looked_at += len(card_ids)
        progress(looked_at, max(total, looked_at))
    return JobRun(job.name, JobEnd.PARTLY if failed else JobEnd.DONE, step, failed)


def _chunks(desk: JobDesk, job: CardJob, now: datetime) -> Iterator[list[int]]:
    last_card_id = 0
    while card_ids := desk.read(partial(job.find, now=now, after_card_id=last_card_id, limit=CARDS_A_CHUNK)):
        yield card_ids
        last_card_id = card_ids[-1]


def _prepare(desk: JobDesk, job: CardJob, owner: str, now: datetime) -> bool:
    return _locked(desk, job, owner, lambda session: job.prepare(session, now, desk.zone))


def _chunk(desk: JobDesk, job: CardJob, card_ids: list[int], owner: str, now: datetime) -> JobStep:
    return _locked(desk, job, owner, lambda session: job.work(session, card_ids, now, desk.zone))


def _locked(desk: JobDesk, job: CardJob, owner: str, work: Callable[[Session], T]) -> T:
    """The heartbeat stands in the same transaction, so that a run that was taken over can book nothing more."""

    def beat_and_work(session: Session) -> T:
        if not keep_lock(session, job.name, owner):
            raise LockLost
        return work(session)

    return desk.write(beat_and_work)


def _tell(run: JobRun, seconds: object) -> None:
    facts: dict[str, object] = {"job": run.job, "end": run.end.value, "cards": run.step.cards}
    facts |= {f"{currency.lower()}_micros": amount for currency, amount in sorted(run.step.amounts.items())}
    if run.owner:
        facts["owner"] = run.owner
    log.info("job ended", **facts, chunks_failed=run.chunks_failed, seconds=seconds)
