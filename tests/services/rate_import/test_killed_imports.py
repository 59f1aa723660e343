"""Imports killed by SIGKILL at random points: no call sees a part, and the worker goes on or takes back."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import killable
import pytest
from factories import NOW
from lists import ACTOR, Desk, desk
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session

from models import AuditEntry, ImportState, JobLock, Rate, RateChange, RateImport, RateTable
from models.clock import DatabaseClock
from models.database import session_factory
from services.money.verify_ledger import verify_ledger
from services.rate_import.finish_import import finish_import, interrupted_imports
from services.rate_import.forget_import import forget_import, old_imports
from services.rate_import.refusals import ImportRefused
from services.rate_import.stage_import import stage_import
from services.rate_import.sweep_rates import sweep_rates, swept_tables
from services.rate_import.undo_import import undo_import
from services.rates.live_rates import live_rates
from services.routing.deck_revision import touch_deck
from services.upkeep.job_lock import SILENT_SECONDS_MAX

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CODES = 1_000
OLD, NEW = {10_000}, {20_000}
KILLS = 3


def clock() -> datetime:
    return datetime.now(UTC)


def a_staged_import(engine: Engine, folder: Path) -> int:
    """Of 1,000 codes at the old price: each gets the new one."""
    sessions = session_factory(engine)
    with sessions.begin() as session:
        table_id = desk(session, folder).table_id
        for code in range(CODES):
            Desk(session, folder, table_id).has(str(40_000 + code), 10_000)
    with sessions.begin() as session:
        text = "Code,Rate\n" + "".join(f"{40_000 + code},0.02\n" for code in range(CODES))
        prepared = Desk(session, folder, table_id).prepared(text, applies_at=clock(), now=clock())
    return stage_import(killable.writer(sessions), prepared.facts, prepared.preview, ACTOR)


def prices_now(session: Session) -> set[int]:
    """Of every code: what a call beside it would pay."""
    table_id = session.scalars(select(RateImport.rate_table_id)).one()
    at = clock()
    holds = (Rate.valid_from <= at, Rate.valid_until.is_(None) | (Rate.valid_until > at))
    rows = session.execute(select(Rate.prefix, Rate.price_per_minute_micros).where(live_rates(table_id), *holds)).all()
    assert len(rows) == len({row.prefix for row in rows}) == CODES
    return {row.price_per_minute_micros for row in rows}


def a_minute_passes(session: Session) -> None:
    session.execute(update(JobLock).values(beat_at=DatabaseClock(SILENT_SECONDS_MAX + 1)))
    session.commit()


def killed_often(engine: Engine, url: str, folder: Path, work: str, import_id: int, allowed: list[set[int]]) -> None:
    """Until the work is done: each of its processes does some of it."""
    dice = random.Random(url + work)  # noqa: S311 (moments of kills)
    done = {"import": ImportState.APPLIED, "undo": ImportState.UNDONE}[work]
    for _ in range(KILLS):
        process = killable.start(work, url, folder / "no-keys", import_id)
        killable.kill_after(process, dice.uniform(0.0, 0.06))
        with Session(engine) as session:
            assert prices_now(session) in allowed
            assert verify_ledger(session) == []
            a_minute_passes(session)
            if session.scalars(select(RateImport.state)).one() is done:
                return


def test_killed_imports_are_finished_by_the_worker(engine: Engine, database_url: str, tmp_path: Path) -> None:
    """SIGKILL at random points; in the end nothing is left over."""
    import_id = a_staged_import(engine, tmp_path)
    killed_often(engine, database_url, tmp_path, "import", import_id, [OLD, NEW])
    with Session(engine) as session:
        state = session.scalars(select(RateImport.state)).one()
        assert interrupted_imports(session) == ([] if state is ImportState.APPLIED else [import_id])
    write = killable.writer(session_factory(engine))
    if state is not ImportState.APPLIED:
        assert finish_import(write, import_id, ACTOR, clock) is ImportState.APPLIED
    with Session(engine) as session:
        table_ids = swept_tables(session)
    for table_id in table_ids:
        sweep_rates(write, table_id)
    assert_whole(engine, NEW)
    assert acts(engine) == ["rates.staged", "rates.imported"]  # each once, after many kills


def test_killed_undoings_are_finished_by_the_worker(engine: Engine, database_url: str, tmp_path: Path) -> None:
    import_id = a_staged_import(engine, tmp_path)
    write = killable.writer(session_factory(engine))
    finish_import(write, import_id, ACTOR, clock)
    killed_often(engine, database_url, tmp_path, "undo", import_id, [NEW, OLD])
    with Session(engine) as session:
        state = session.scalars(select(RateImport.state)).one()
    if state is not ImportState.UNDONE:
        undo_import(write, import_id, ACTOR, clock)
    with Session(engine) as session:
        table_ids = swept_tables(session)
    for table_id in table_ids:
        sweep_rates(write, table_id)
    assert_whole(engine, OLD)
    assert acts(engine) == ["rates.staged", "rates.imported", "rates.import_undone"]


def acts(engine: Engine) -> list[str]:
    with Session(engine) as session:
        query = select(AuditEntry.act).where(AuditEntry.object_kind == "rate_import").order_by(AuditEntry.number)
        return list(session.scalars(query))


def assert_whole(engine: Engine, prices: set[int]) -> None:
    with Session(engine) as session:
        assert prices_now(session) == prices
        hidden = select(func.count()).select_from(Rate).join(RateTable).where(Rate.live_from > RateTable.generation)
        assert session.scalar(hidden) == 0
        assert session.scalar(select(func.count()).where(Rate.live_until.is_not(None))) == 0
        assert verify_ledger(session) == []


@pytest.fixture
def half_applied(carrier: Desk) -> int:
    """Its process was killed a minute ago, with half of the changes prepared."""
    carrier.has("44", 10_000)
    import_id = carrier.staged("Code,Rate\n44,0.02\n45,0.03\n")
    steps = 4  # its state, its lock, its changes; and then the switch

    def write(work: Callable[[Session], Any]) -> object:
        nonlocal steps
        steps -= 1
        if steps == 0:
            raise KilledHere
        return work(carrier.session)

    with pytest.raises(KilledHere):
        finish_import(write, import_id, ACTOR, lambda: NOW)
    carrier.session.execute(delete(JobLock))
    assert interrupted_imports(carrier.session) == [import_id]
    return import_id


class KilledHere(Exception):
    pass


def test_what_can_be_applied_is_gone_on_with(carrier: Desk, half_applied: int) -> None:
    assert finish_import(carrier.write, half_applied, ACTOR, lambda: NOW) is ImportState.APPLIED
    assert [row[:2] for row in carrier.periods()] == [("44", 10_000), ("44", 20_000), ("45", 30_000)]


def test_what_cannot_be_applied_any_more_is_taken_back(carrier: Desk, half_applied: int) -> None:
    """As after a change by a server of the release before, which knows of no switch."""
    touch_deck(carrier.session, carrier.table_id)
    assert finish_import(carrier.write, half_applied, ACTOR, lambda: NOW) is ImportState.STAGED
    assert [row[:2] for row in carrier.periods()] == [("44", 10_000)]
    rows = select(func.count()).select_from(Rate).where(Rate.rate_table_id == carrier.table_id)
    assert carrier.session.scalar(rows) == 1
    with pytest.raises(ImportRefused, match="has changed since the preview"):
        carrier.applies(half_applied)


def test_what_was_not_staged_to_its_end_is_forgotten(carrier: Desk) -> None:
    import_id = carrier.staged("Code,Rate\n44,0.02\n")
    carrier.session.execute(update(RateImport).values(state=ImportState.STAGING))
    assert interrupted_imports(carrier.session) == [import_id]
    assert finish_import(carrier.write, import_id, ACTOR, lambda: NOW) is None
    assert carrier.session.scalars(select(RateChange.line)).all() == []
    assert carrier.session.scalars(select(RateImport.id)).all() == []


def test_old_previews_are_forgotten_and_old_imports_can_be_shown_but_not_undone(carrier: Desk) -> None:
    preview = carrier.staged("Code,Rate\n44,0.02\n")
    applied = carrier.applied("Code,Rate\n45,0.02\n")
    fifteen_days, ninety_one_days = NOW + timedelta(days=15), NOW + timedelta(days=91)
    assert old_imports(carrier.session, NOW + timedelta(days=13), 14, 90) == []
    assert old_imports(carrier.session, fifteen_days, 14, 90) == [preview]
    forget_import(carrier.write, preview, ACTOR, lambda: fifteen_days)
    assert old_imports(carrier.session, ninety_one_days, 14, 90) == [applied]
    forget_import(carrier.write, applied, ACTOR, lambda: ninety_one_days)
    assert old_imports(carrier.session, ninety_one_days, 14, 90) == []
    assert carrier.session.scalars(select(RateImport.id)).all() == [applied]
    with pytest.raises(ImportRefused, match=f"The changes of the import {applied} are forgotten"):
        carrier.undone(applied)
    assert [row[0] for row in carrier.periods()] == ["45"]


def test_an_import_at_work_is_not_taken_for_killed(carrier: Desk, half_applied: int) -> None:
    carrier.session.add(JobLock(name=f"rate-import-{half_applied}", owner="somebody", beat_at=clock()))
    carrier.session.flush()
    assert interrupted_imports(carrier.session) == []
    with pytest.raises(ImportRefused, match="Another process is at work"):
        forget_import(carrier.write, half_applied, ACTOR, lambda: NOW)
