"""Rotate the keys of PINs: a new key, every secret brought under it while calls go on, then the old key dropped.

Killed anywhere and run again, it ends right: the file never loses a key that some secret still needs.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from billing.states import JobState
from models import Job
from services.audit.audit import Act, Actor, note
from services.keys.closed_keys import ROTATE_KEYS, KeyClosed, newest_rotation
from services.keys.key_file import replace_pin_keys
from services.keys.pin_keys import PinKeys, load_pin_keys, new_keys
from services.keys.reseal import SEALED_TABLES, keys_in_use, reseal_chunk, rows_due
from services.store.upsert import insert_or_skip

BARRIER_ATTEMPTS_MAX = 12  # of at most five seconds each (the lock time-out): longer than any chunk of a job
Progress = Callable[[int, int], None]


class RotationRunning(Exception):
    """Another process rotates the keys of this file just now."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """How it ended. `left` secrets stay under the `kept` old keys: mostly those whose encrypted copies were erased."""

    key_number: int
    resealed: int
    left: int
    kept: tuple[int, ...]


def rotate_keys(
    sessions: sessionmaker[Session],
    file: Path,
    actor: Actor,
    clock: Callable[[], datetime],
    wait: Callable[[], None] = lambda: None,
    progress: Progress = lambda _done, _total: None,
) -> Rotation:
    """Begin a rotation, or go on with the one that was interrupted. `wait` lets look-ups end that began before the
    new key was in the file.
    """
    with _alone(file):
        keys = _begin(sessions, file, actor, clock())
        _wait_for_writers(sessions)
        wait()
        resealed = _reseal(sessions, keys, progress)
        return _end(sessions, file, keys, actor, clock(), resealed)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """A lock that a killed process leaves behind for nobody."""
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise RotationRunning("Another process rotates the keys just now: wait for its end.") from held
        yield
    finally:
        os.close(folder)


def _begin(sessions: sessionmaker[Session], file: Path, actor: Actor, now: datetime) -> PinKeys:
    """The keys of the rotation. The job's row and the file change together: the row is put first, so that of two
    machines one writes; it is committed last, so that it never names a key that no file has.
    """
    keys = load_pin_keys(file)
    with sessions.begin() as session:
        newest = newest_rotation(session)
        if newest > keys.number:
            raise KeyClosed(f"Key {newest} is in use, but the key file ends with {keys.number}: copy the newer file.")
        if _is_unfinished(session, keys, newest):
            rotation = keys
        else:
            rotation = new_keys(keys.number + 1, (replace(keys, older=()), *keys.older))
        key, check = str(rotation.number), _check_value(rotation)
        if not insert_or_skip(
            session, Job, kind=ROTATE_KEYS, key=key, parameters={"check": check}, asked_by=str(actor), asked_at=now
        ):
            _refuse_other_key(session, key, check)
            return rotation
        if rotation is not keys:
            replace_pin_keys(file, rotation)
        older = [older.number for older in rotation.older]
        note(
            session,
            actor,
            Act("keys.rotate", "pin_key", key, before={"keys": older}, after={"key": rotation.number}),
            now,
        )
    return rotation


def _is_unfinished(session: Session, keys: PinKeys, newest: int) -> bool:
    if newest < keys.number:
        return bool(keys.older)  # killed between the file and the commit of its row
    state = session.scalars(select(Job.state).where(Job.kind == ROTATE_KEYS, Job.key == str(newest))).one()
    return state is not JobState.DONE


def _check_value(keys: PinKeys) -> str:
    """Tells two keys of one number apart, and nothing about either."""
    return hashlib.sha256(keys.digest("callingcard key check")).hexdigest()[:16]


def _refuse_other_key(session: Session, key: str, check: str) -> None:
    parameters = session.scalars(select(Job.parameters).where(Job.kind == ROTATE_KEYS, Job.key == key)).one()
    if parameters["check"] != check:
        raise KeyClosed(f"Another machine has rotated to its own key {key}: copy its key file here.")


def _wait_for_writers(sessions: sessionmaker[Session]) -> None:
    """Whoever inserted under the old key before it was closed has committed after this (services.keys.closed_keys)."""
    for table in SEALED_TABLES:
        for attempt in range(BARRIER_ATTEMPTS_MAX):
            try:
                with sessions.begin() as session:
                    if session.get_bind().dialect.name != "sqlite":  # there every writer is alone anyway
                        session.execute(text(f"LOCK TABLE {table.model.__tablename__} IN SHARE MODE"))
                break
            except OperationalError:
                if attempt == BARRIER_ATTEMPTS_MAX - 1:
                    raise


def _reseal(sessions: sessionmaker[Session], keys: PinKeys, progress: Progress) -> int:
    with sessions.begin() as session:
        total = rows_due(session, keys.number)
    done = 0
    for table in SEALED_TABLES:
        last: int | None = 0
        while last is not None:
            progress(done, total)
            with sessions.begin() as session:
                last, count = reseal_chunk(session, keys, table, last)
            done += count
    progress(done, total)
    return done


def _end(
    sessions: sessionmaker[Session], file: Path, keys: PinKeys, actor: Actor, now: datetime, resealed: int
) -> Rotation:
    """Drop the old keys that nothing needs. The file first: a job that is done has nothing left to drop."""
    with sessions.begin() as session:
        used = keys_in_use(session)
        kept = tuple(older for older in keys.older if older.number in used)
        left = sum(sum(used[older.number].values()) for older in kept)
        rotation = Rotation(keys.number, resealed, left, tuple(older.number for older in kept))
        if kept != load_pin_keys(file).older:
            replace_pin_keys(file, replace(keys, older=kept))
        done = update(Job).where(Job.kind == ROTATE_KEYS, Job.key == str(keys.number))
        session.execute(done.values(state=JobState.DONE, finished_at=now))
        told = {"key": keys.number, "kept": list(rotation.kept), "left": left}
        note(session, actor, Act("keys.rotated", "pin_key", str(keys.number), after=told), now)
    return rotation
