"""The lock of a job: one owner at a time, judged by the database's clock, taken over after silence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from factories import at_once
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import JobLock
from services.upkeep.job_lock import (
    OWNER_CHARACTERS_MAX,
    SILENT_SECONDS_MAX,
    free_lock,
    keep_lock,
    lock_owner,
    new_owner,
    take_lock,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine


def fall_silent(session: Session, seconds: int) -> None:
    beat_at = session.scalars(select(JobLock.beat_at)).one()
    session.execute(update(JobLock).values(beat_at=beat_at - timedelta(seconds=seconds)))


def test_a_lock_has_one_owner_until_it_is_freed(session: Session) -> None:
    assert take_lock(session, "fees", "a")
    assert not take_lock(session, "fees", "b")
    assert take_lock(session, "expire", "b")
    assert lock_owner(session, "fees") == "a"
    free_lock(session, "fees", "b")
    assert not take_lock(session, "fees", "b")
    free_lock(session, "fees", "a")
    assert take_lock(session, "fees", "b")


def test_a_silent_owner_loses_its_lock_and_notices(session: Session) -> None:
    assert take_lock(session, "fees", "a")
    fall_silent(session, SILENT_SECONDS_MAX - 10)
    assert not take_lock(session, "fees", "b")
    fall_silent(session, 20)
    assert take_lock(session, "fees", "b")
    assert not keep_lock(session, "fees", "a")
    free_lock(session, "fees", "a")
    assert lock_owner(session, "fees") == "b"


def test_a_heartbeat_keeps_the_lock(session: Session) -> None:
    assert take_lock(session, "fees", "a")
    fall_silent(session, SILENT_SECONDS_MAX + 10)
    assert keep_lock(session, "fees", "a")
    assert not take_lock(session, "fees", "b")


def test_the_owner_may_take_it_again(session: Session) -> None:
    assert take_lock(session, "fees", "a")
    assert take_lock(session, "fees", "a")


def test_of_takers_at_once_one_wins(engine: Engine) -> None:
    owners = [new_owner() for _ in range(6)]
    assert len(set(owners)) == 6
    assert max(map(len, owners)) <= OWNER_CHARACTERS_MAX
    won = at_once(engine, [lambda s, o=owner: take_lock(s, "fees", o) for owner in owners])
    assert sorted(won) == [False] * 5 + [True]
    with Session(engine) as session:
        fall_silent(session, SILENT_SECONDS_MAX + 1)
        session.commit()
    again = at_once(engine, [lambda s, o=f"{owner}+": take_lock(s, "fees", o) for owner in owners])
    assert sorted(again) == [False] * 5 + [True]
