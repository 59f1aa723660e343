"""The new dates of a large series, killed at random points and run again: no card is left out, no fee booked twice."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import killable
import pytest
from factories import a_world, micros
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from billing.states import CardStatus, JobState
from models import Card, Job, LedgerEntry, LedgerKind
from services.audit.audit import Actor, Door
from services.money.verify_ledger import verify_ledger
from services.series import apply_expiry
from services.series.update_series import update_series

CARDS = 500
KILLS = 5
LATE_DAYS = 10  # of a fee of 0.25 a day; the cards were over after two of them
FEE = micros("0.25")


def begin_edit(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> int:
    """Expired cards that owe fees, and an edit that gives them a year; its job has made no step yet."""
    monkeypatch.setattr(apply_expiry, "CARDS_AT_ONCE_MAX", 1)
    now = datetime.now(UTC)
    terms: dict[str, Any] = {"maintenance_fee_micros": FEE, "maintenance_every_hours": 24, "quantity": CARDS}
    with Session(engine, autoflush=False) as session, session.begin():
        world = a_world(session, series=terms)
        session.execute(
            update(Card).values(
                status=CardStatus.EXPIRED,
                status_before=CardStatus.ACTIVATED,
                activated_at=now - timedelta(days=LATE_DAYS, hours=1),
                expires_at=now - timedelta(days=LATE_DAYS - 2),
            )
        )
        changes = {"expiry_period_days": 365}
        update_series(session, world.series_id, None, changes, Actor("anna", Door.CLI), now, UTC)
    with Session(engine) as session:
        job = apply_expiry.find_expiry_job(session)
        assert job is not None
        return job.id


def dated(session: Session) -> int:
    """Cards with a date of the new rules."""
    return session.scalars(select(func.count()).where(Card.expires_at > datetime.now(UTC))).one()


def fees_of_cards(session: Session) -> set[tuple[str, int]]:
    query = select(LedgerEntry.reference, LedgerEntry.amount_micros).where(
        LedgerEntry.kind == LedgerKind.MAINTENANCE_FEE
    )
    return {(reference, amount) for reference, amount in session.execute(query)}


def test_new_dates_that_were_killed_are_finished_by_the_next_run(
    engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JC-58, F24: SIGKILL at random points; after each the ledger holds, and what was dated stays dated."""
    job_id = begin_edit(engine, monkeypatch)
    dice = random.Random(database_url)  # noqa: S311 (moments of kills)
    counts = [0]
    for _ in range(KILLS):
        process = killable.start("expiry", database_url, tmp_path / "no-keys", job_id)
        killable.kill_after(process, dice.uniform(0.0, 0.05))
        with Session(engine) as session:
            job = session.get_one(Job, job_id)
            counts.append(dated(session))
            assert job.done == counts[-1]
            assert verify_ledger(session) == []
    assert counts == sorted(counts)
    assert 0 < counts[-1] < CARDS
    killable.finish(killable.start("expiry", database_url, tmp_path / "no-keys", job_id))
    with Session(engine) as session:
        assert session.get_one(Job, job_id).state is JobState.DONE
        assert dated(session) == CARDS
        assert set(session.scalars(select(Card.status))) == {CardStatus.ACTIVATED}
        entries = fees_of_cards(session)
        assert len(entries) == len({reference for reference, _ in entries})
        assert {amount for _, amount in entries} <= {FEE}
        assert len(entries) % CARDS == 0
        assert verify_ledger(session) == []
