"""A large export with PINs: written by the worker, taken once with a fresh password, gone from the disk afterwards."""

from __future__ import annotations

import csv
import io
import stat
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from factories import KEYS
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_web.access import now
from admin_web.lists import card_files
from billing.card_number import grouped
from billing.rights import Role
from billing.states import JobState
from command_line import card_file_jobs
from command_line.job_run import JobDesk
from models import AuditEntry, Job
from services.audit.audit import Actor, Door
from services.jobs.card_file import FileOf
from services.keys.key_file import replace_pin_keys
from services.operators.save_operator import OperatorRole, change_role
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.test_series_files import make_stale
from web_base.database import engines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from factories import World
    from flask import Flask
    from sqlalchemy import Engine

ME = Actor("tests", Door.CLI)
FILES = "/series/1/files"


@pytest.fixture(autouse=True)
def _two_cards_are_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(card_files.AT_ONCE_MAX, FileOf.SERIES, 1)
    replace_pin_keys(tmp_path / "keys.json", KEYS)


@pytest.fixture
def work(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """What the worker does every few seconds."""
    monkeypatch.setattr(card_file_jobs, "settings", lambda: app.config["SETTINGS"])
    writer, reader = engines(app)
    desk = JobDesk(writer, reader, app.config["ZONE"])

    def run(at: datetime | None = None) -> int:
        return card_file_jobs.write_card_files(desk, at or now(), threading.Event())

    return run


@pytest.fixture
def folder(app: Flask) -> Path:
    kept: Path = app.config["SETTINGS"].exports_dir / "pins"
    return kept


def ask(visitor: Visitor, form: str = "csv") -> str:
    pages = {visitor.post(FILES, "/series/1/export", form=form, token="t-1").location for _ in range(2)}
    assert len(pages) == 1, "two presses are one job"
    page: str = pages.pop()
    assert page.startswith("/jobs/")
    return page


def acts(engine: Engine) -> list[str]:
    with Session(engine) as session:
        found = session.scalars(select(AuditEntry.act).order_by(AuditEntry.number)).all()
    return [act for act in found if not act.startswith("operator")]


def test_the_file_is_taken_once_and_is_gone(
    signed_in: Callable[..., Visitor], world: World, engine: Engine, work: Callable[..., int], folder: Path
) -> None:
    owner = signed_in(Role.OWNER)
    page = ask(owner)
    assert "Take the file" not in text_of(owner.get(page))
    assert work() == 0
    (file,) = folder.iterdir()
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(folder.stat().st_mode)) == (0o600, 0o700)
    assert "Take the file with PINs, once" in text_of(owner.get(page))
    taken = owner.post(page, f"{page}/pins")
    rows = list(csv.DictReader(io.StringIO(taken.text)))
    assert [row["PIN"] for row in rows] == [grouped(card.pin) for card in world.cards]
    assert taken.headers["Cache-Control"] == "no-store"
    assert list(folder.iterdir()) == []
    assert owner.post("/series/1/files", f"{page}/pins").status_code == 404
    assert acts(engine) == ["job.asked", "series.exported", "series.pins_taken"]


def test_without_a_fresh_password_it_stays_where_it_is(
    signed_in: Callable[..., Visitor], world: World, engine: Engine, work: Callable[..., int], folder: Path
) -> None:
    del world
    owner = signed_in(Role.OWNER)
    page = ask(owner)
    work()
    make_stale(engine)
    assert owner.post(page, f"{page}/pins").location == f"/prove?next={page}"
    assert len(list(folder.iterdir())) == 1


def test_nobody_else_takes_it(
    signed_in: Callable[..., Visitor], world: World, work: Callable[..., int], folder: Path
) -> None:
    del world
    page = ask(signed_in(Role.OPERATOR))
    work()
    owner = signed_in(Role.OWNER)
    assert "Take the file" not in text_of(owner.get(page))
    assert owner.post("/series/1/files", f"{page}/pins").status_code == 404
    auditor = signed_in(Role.AUDITOR)
    assert auditor.post("/series/1/", f"{page}/pins").status_code == 403
    assert len(list(folder.iterdir())) == 1


def test_who_lost_the_right_meanwhile_gets_no_file_and_is_named(
    signed_in: Callable[..., Visitor], world: World, engine: Engine, work: Callable[..., int], folder: Path
) -> None:
    del world
    page = ask(signed_in(Role.OPERATOR))
    with Session(engine) as session, session.begin():
        change_role(session, Role.OPERATOR.value, OperatorRole(Role.FINANCE), ME, now())
    work()
    assert not folder.exists()
    with Session(engine) as session:
        job = session.get_one(Job, int(page.rpartition("/")[2]))
        assert job.state is JobState.FAILED
    assert "series.exported.refused" in acts(engine)


def test_after_a_day_it_is_removed_untaken(
    signed_in: Callable[..., Visitor], world: World, work: Callable[..., int], folder: Path
) -> None:
    del world
    owner = signed_in(Role.OWNER)
    ask(owner)
    work()
    work(now() + timedelta(hours=23))
    assert len(list(folder.iterdir())) == 1
    work(now() + timedelta(hours=25))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_cancelled_it_leaves_no_file(
    signed_in: Callable[..., Visitor],
    world: World,
    engine: Engine,
    work: Callable[..., int],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    """Also when it is cancelled while it is written."""
    del world
    owner = signed_in(Role.OWNER)
    page = ask(owner, form)
    told = card_file_jobs.note_export

    def cancelled_in_the_middle(session: Session, job_id: int, done: int, total: int) -> bool:
        job = session.get_one(Job, job_id)
        job.state, job.finished_at = JobState.CANCELLED, now()
        session.flush()
        return told(session, job_id, done, total)

    monkeypatch.setattr(card_file_jobs, "note_export", cancelled_in_the_middle)
    assert work() == 0
    assert list(folder.iterdir()) == []
    with Session(engine) as session:
        assert session.get_one(Job, int(page.rpartition("/")[2])).state is JobState.CANCELLED
