"""A list that is too long for a page's answer: the worker writes it, whoever asked takes it; it is cancelled whole."""

from __future__ import annotations

import io
import re
import threading
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from factories import NOW, answered
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_web.access import now
from admin_web.lists import export_sink, rows_file
from billing.rights import Role
from billing.states import JobState
from command_line import list_exports
from command_line.job_run import JobDesk
from models import AuditEntry, Job
from services.audit.audit import Actor, Door
from services.jobs.cancel_job import cancel_job
from services.jobs.list_export import KEPT_DAYS, exports_kept, forget_files, note_export, waiting_exports
from services.operators.save_operator import OperatorRole, change_role, disable_operator
from services.reports.roll_up_calls import roll_up_calls
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import download
from web_base.database import engines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from factories import World
    from flask import Flask
    from sqlalchemy import Engine

ME = Actor("tests", Door.CLI)


@pytest.fixture(autouse=True)
def _few_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_file, "ROWS_AT_ONCE", 0)
    monkeypatch.setattr(export_sink, "TOLD_EVERY_ROWS", 1)


@pytest.fixture
def folder(app: Flask) -> Path:
    kept: Path = app.config["SETTINGS"].exports_dir
    return kept


@pytest.fixture
def work(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """What the worker does every few seconds, on the databases of the console."""
    monkeypatch.setattr(list_exports, "settings", lambda: app.config["SETTINGS"])
    writer, reader = engines(app)
    desk = JobDesk(writer, reader, app.config["ZONE"])
    return lambda: list_exports.write_exports(desk, now(), threading.Event())


def ask(visitor: Visitor, address: str = "/cards/?least=5", form: str = "csv") -> str:
    """The page of the job, by the page that says how many rows there are."""
    separator = "&" if "?" in address else "?"
    told = visitor.get(f"{address}{separator}download={form}")
    assert re.search(r"\d+ rows", text_of(told))
    fields = dict(re.findall(r'type="hidden" name="(list|wanted|form|token)" value="([^"]+)"', told.text))
    fields["wanted"] = fields["wanted"].replace("&amp;", "&")
    pages = {visitor.post(f"{address}{separator}download={form}", "/jobs/export", **fields).location for _ in range(2)}
    assert len(pages) == 1, "two presses are one job"
    page: str = pages.pop()
    assert page.startswith("/jobs/")
    return page


def test_a_long_list_is_written_by_the_worker_and_taken_by_who_asked(
    signed_in: Callable[..., Visitor], world: World, engine: Engine, folder: Path, work: Callable[[], int]
) -> None:
    del world
    owner = signed_in(Role.OWNER)
    page = ask(owner)
    assert "Download" not in text_of(owner.get(page))
    assert owner.get(f"{page}/file").location == page
    assert work() == 0
    shown = text_of(owner.get(page))
    assert "2 / 2" in shown
    assert "Download" in shown
    rows = download(owner, f"{page}/file").text.splitlines()
    assert [row.split(",")[1] for row in rows] == ["Number", "1-000000001", "1-000000002"]
    assert download(owner, f"{page}/file").text.splitlines() == rows, "it is kept"
    assert [file.suffix for file in folder.iterdir()] == [".csv"]
    assert folder.stat().st_mode & 0o077 == 0
    with Session(engine) as session:
        acts = session.execute(select(AuditEntry.actor, AuditEntry.act)).all()
    assert {("owner", "job.asked"), ("owner", "list.downloaded"), ("owner", "list.file_taken")} <= {*map(tuple, acts)}


def test_a_sheet_holds_what_its_operator_sees_and_no_more(
    signed_in: Callable[..., Visitor], world: World, work: Callable[[], int]
) -> None:
    del world
    finance = signed_in(Role.FINANCE)
    page = ask(finance, form="xlsx")
    work()
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(download(finance, f"{page}/file").data)).get_sheet_by_index(0)
    assert len(sheet.to_python()) == 3
    assert "PIN" not in sheet.to_python()[0]


def test_nobody_else_takes_the_file(signed_in: Callable[..., Visitor], world: World, work: Callable[[], int]) -> None:
    del world
    page = ask(signed_in(Role.OPERATOR))
    work()
    for role in (Role.OWNER, Role.AUDITOR, Role.RESELLER):
        visitor = signed_in(role)
        assert visitor.get(f"{page}/file").status_code == 404, role
        assert "Download" not in text_of(visitor.get(page))


def test_who_has_lost_the_right_gets_no_file_before_and_after_it_is_written(
    signed_in: Callable[..., Visitor], world: World, engine: Engine, folder: Path, work: Callable[[], int]
) -> None:
    """Rights are those of the moment, of the worker's and of the download's."""
    del world
    operator = signed_in(Role.OPERATOR)
    written = ask(operator, "/audit/?all=1")
    work()
    assert download(operator, f"{written}/file").status_code == 200
    late = ask(operator, "/audit/?all=1")
    with Session(engine) as session, session.begin():
        change_role(session, "operator", OperatorRole(Role.SUPPORT), ME, now())
    assert operator.get(f"{written}/file").status_code == 403
    work()
    assert "right for it is missing" in text_of(operator.get(late))
    third = ask(operator)
    with Session(engine) as session, session.begin():
        disable_operator(session, "operator", ME, now())
    work()
    with Session(engine) as session:
        job = session.get_one(Job, int(third.rpartition("/")[2]))
        assert job.state is JobState.FAILED
        assert "may not sign in" in (job.result or {})["why"]
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_that_is_cancelled_while_it_is_written_leaves_no_file(
    signed_in: Callable[..., Visitor],
    world: World,
    engine: Engine,
    folder: Path,
    work: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    del world
    owner = signed_in(Role.OWNER)
    page = ask(owner, form=form)

    def cancelled_in_between(session: Session, job_id: int, done: int, total: int) -> bool:
        """The operator's press comes after the first row."""
        if done == 1:
            cancel_job(session, job_id, ME, now())
        return note_export(session, job_id, done, total)

    monkeypatch.setattr(list_exports, "note_export", cancelled_in_between)
    assert work() == 0
    shown = text_of(owner.get(page))
    assert "cancelled" in shown
    assert "Download" not in shown
    assert list(folder.iterdir()) == []
    with Session(engine) as session:
        assert waiting_exports(session) == []


def test_a_waiting_export_is_cancelled_from_its_page(
    signed_in: Callable[..., Visitor], world: World, folder: Path, work: Callable[[], int]
) -> None:
    del world
    owner = signed_in(Role.OWNER)
    page = ask(owner)
    owner.post(page, f"{page}/cancel")
    assert "cancelled" in text_of(owner.get(page))
    work()
    assert not folder.exists()


def test_files_are_forgotten_after_some_days_and_what_a_killed_worker_left_at_once(
    signed_in: Callable[..., Visitor], world: World, engine: Engine, folder: Path, work: Callable[[], int]
) -> None:
    del world
    owner = signed_in(Role.OWNER)
    page = ask(owner)
    work()
    (folder / "999.part").write_text("left")
    with Session(engine) as session:
        assert forget_files(folder, exports_kept(session, now())) == 1
        assert len(list(folder.iterdir())) == 1
        assert forget_files(folder, exports_kept(session, now() + timedelta(days=KEPT_DAYS))) == 1
    assert owner.get(f"{page}/file").location == page
    assert "ask for it again" in text_of(owner.get(page))


def test_an_export_of_a_killed_worker_is_written_anew(
    signed_in: Callable[..., Visitor], world: World, engine: Engine, folder: Path, work: Callable[[], int]
) -> None:
    del world
    owner = signed_in(Role.OWNER)
    page = ask(owner)
    folder.mkdir()
    job_id = page.rpartition("/")[2]
    (folder / f"{job_id}.part").write_text("half a file")
    with Session(engine) as session, session.begin():
        session.execute(update(Job).values(state=JobState.RUNNING, total=2, done=1))
    work()
    assert len(download(owner, f"{page}/file").text.splitlines()) == 3


def test_no_other_page_of_the_console_is_written_into_a_file(
    signed_in: Callable[..., Visitor], world: World, folder: Path, work: Callable[[], int]
) -> None:
    """The address comes from a form: one of no list makes no file."""
    del world
    owner = signed_in(Role.OWNER)
    fields = {"list": "cards", "form": "csv", "token": "t"}
    page = owner.post("/cards/", "/jobs/export", wanted="/settings/?" + urlencode({"x": 1}), **fields).location
    work()
    assert "failed" in text_of(owner.get(page))
    assert list(folder.glob("*.csv")) == []
    assert owner.post("/cards/", "/jobs/export", wanted="/cards/", **(fields | {"list": "nothing"})).status_code == 400


@pytest.mark.parametrize(
    ("page", "begins"),
    [
        ("/reports/file/{}?by=destination", ["Destination,Currency,Calls", "United Kingdom,USD,1,1,61"]),
        ("/reports/of/liability/file/{}?", ["Series,Status,Currency", "1,pending,USD,1,5", "1,activated,USD,1,4.939"]),
    ],
)
def test_a_long_report_is_a_file_by_the_same_way(
    signed_in: Callable[..., Visitor], world: World, work: Callable[[], int], page: str, begins: list[str]
) -> None:
    """Issue item 8; a link keeps its filters, and so does the file."""
    world.call("call-1", "442071234567")
    world.settle(answered("call-1", 61))
    roll_up_calls(lambda do: do(world.session), NOW, UTC)
    world.session.commit()
    finance = signed_in(Role.FINANCE)
    job = ask(finance, f"{page.format('csv')}&from=2026-11-20&until=2026-11-25")
    assert work() == 0
    rows = download(finance, f"{job}/file").text.splitlines()
    assert [row[: len(begin)] for row, begin in zip(rows, begins, strict=True)] == begins
    support = signed_in(Role.SUPPORT)
    assert support.get(f"{job}/file").status_code == 404
