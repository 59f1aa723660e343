"""Asterisk beside the accounts in the console: asked for by a button, done by the worker, told on the page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from billing.rights import Role
from billing.states import JobState
from command_line.asterisk_jobs import run_asterisk_job, waiting_asterisk_jobs
from models import Job
from services.routing.asterisk_jobs import LOOK, newest_asterisk_job
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.test_acts import do

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

PAGE = "/asterisk/"


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def test_what_the_worker_cannot_do_is_told_on_the_page(
    owner: Visitor, engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here it has no keys, so that it can write no carrier."""
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", database_url)
    assert "Nobody has looked yet" in text_of(owner.get(PAGE))
    assert "The worker is at it." in do(owner, PAGE, "/asterisk/act", act="look", token="t-1")

    def write(work: Callable[[Session], Any]) -> Any:  # noqa: ANN401
        with Session(engine, expire_on_commit=False) as session, session.begin():
            return work(session)

    ((job_id, kind),) = write(waiting_asterisk_jobs)
    run_asterisk_job(write, job_id, kind, lambda: datetime.now(UTC))
    page = owner.get(PAGE)
    assert "keys" in text_of(page)
    assert 'http-equiv="refresh"' not in page.text
    assert write(waiting_asterisk_jobs) == []


def test_changes_and_carriers_are_shown(owner: Visitor, engine: Engine) -> None:
    do(owner, PAGE, "/asterisk/act", act="look", token="t-1")
    changes = [{"file": "pjsip_callingcard.conf", "diff": "+[acme.main](carrier)"}]
    states = [["acme.main", "answers", "registered"], ["beta.main", "silent", "none"]]
    found = {"changes": changes, "is_unread": False, "is_running": True, "states": states}
    with Session(engine) as session, session.begin():
        job = newest_asterisk_job(session, LOOK)
        assert job is not None
        done = {"state": JobState.DONE, "finished_at": datetime.now(UTC), "result": found}
        session.execute(update(Job).where(Job.id == job.id).values(done))
    page = text_of(owner.get(PAGE))
    for told in (
        "pjsip_callingcard.conf +[acme.main](carrier)",
        "acme.main answers registered",
        "beta.main silent none",
    ):
        assert told in page, told


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR])
def test_applying_asks_for_its_right(signed_in: Callable[..., Visitor], role: Role) -> None:
    visitor = signed_in(role)
    assert 'value="apply"' not in visitor.get(PAGE).text
    assert visitor.post(PAGE, "/asterisk/act", act="apply", token="t").status_code == 403
