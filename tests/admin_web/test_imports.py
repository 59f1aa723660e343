"""Imports of rates in three steps: read by the worker, looked at, applied and undone, each told with its progress."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.rights import Role
from models import AuditEntry, Job, Rate, RateChange, RateImport
from services.rate_import.import_jobs import run_import_job, waiting_imports
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import download, fields_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

GOOD = "Code,Destination,Rate per minute\n370,Lithuania,0.35\n49,Germany,0.05\n"
BAD = GOOD + "abc,Nowhere,0.05\n33,France,free\n"


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def work(engine: Engine) -> None:
    """As the worker does."""

    def run(use: Callable[[Session], Any]) -> Any:  # noqa: ANN401
        with Session(engine, expire_on_commit=False) as session, session.begin():
            return use(session)

    for job_id in run(waiting_imports):
        run_import_job(run, run, job_id, lambda: datetime.now(UTC), UTC)


def upload(owner: Visitor, text: str, name: str = "list.csv", **values: object) -> TestResponse:
    typed = {**fields_of(owner.get("/imports/new?table=1"), "mode"), **values}
    typed["file"] = (io.BytesIO(text.encode()), name)
    return owner.client.post("/imports/new", data=typed, content_type="multipart/form-data")


def act(owner: Visitor, address: str, what: str, token: str = "t-1") -> str:
    answer = owner.post(address, f"{address}/act", act=what, token=token)
    return text_of(owner.get(answer.location))


def prices(engine: Engine, prefix: str) -> list[int]:
    with Session(engine) as session:
        table = select(Rate.price_per_minute_micros).where(Rate.rate_table_id == 1, Rate.prefix == prefix)
        now = datetime.now(UTC)
        holds = Rate.valid_until.is_(None) | (Rate.valid_until > now)
        return list(session.scalars(table.where(holds)))


def test_a_file_is_read_shown_applied_and_undone(owner: Visitor, engine: Engine, app: Flask) -> None:
    waiting = upload(owner, GOOD)
    assert waiting.status_code == 302, text_of(waiting)
    page = owner.get(waiting.location)
    assert "The worker reads the file" in text_of(page)
    assert 'http-equiv="refresh"' in page.text
    assert [file.stat().st_mode & 0o077 for file in (app.config["SETTINGS"].state_dir / "uploads").iterdir()] == [0]
    work(engine)
    shown = owner.get(owner.get(waiting.location).location)
    text = text_of(shown)
    address = shown.request.path
    for told in ("new 1", "changed 1", "jumps 1", "price jump", "370 Lithuania 0.07 USD 0.35 USD", "Rate per minute"):
        assert told in text, told
    assert list((app.config["SETTINGS"].state_dir / "uploads").iterdir()) == []
    assert prices(engine, "370") == [70_000]
    assert "The worker is at it." in act(owner, address, "apply")
    assert "The worker is at it." in act(owner, address, "apply")  # pressing twice asks once
    with Session(engine) as session:
        assert len(session.scalars(select(Job.id).where(Job.kind == "rates_apply")).all()) == 1
    work(engine)
    assert "applied" in text_of(owner.get(address))
    assert prices(engine, "370") == [350_000]
    assert prices(engine, "49") == [50_000]
    act(owner, address, "undo", "t-2")
    work(engine)
    assert "undone" in text_of(owner.get(address))
    assert (prices(engine, "370"), prices(engine, "49")) == ([70_000], [])
    assert "list.csv" in text_of(owner.get("/imports/?state=undone"))
    with Session(engine) as session:
        acts = set(session.scalars(select(AuditEntry.act)))
    assert {"job.asked", "rates.imported"} <= acts


def test_a_kept_import_is_applied_at_a_chosen_moment(owner: Visitor, engine: Engine) -> None:
    """In the platform's zone; until then the table holds the old price, and the new one is there already."""
    address = kept(owner, engine)
    at = (datetime.now(UTC) + timedelta(days=3)).replace(second=0, microsecond=0)
    with Session(engine) as session, session.begin():  # as it is after a night: compared for a moment that is past
        compared_for = datetime.now(UTC) - timedelta(hours=9)
        session.execute(update(RateImport).values(applies_at=compared_for))
        for change in session.scalars(select(RateChange)):
            change.valid_from = change.valid_from and compared_for
            change.valid_until = change.valid_until and compared_for
    answer = owner.post(address, f"{address}/act", act="apply", token="t-9", at=f"{at:%Y-%m-%dT%H:%M}")
    work(engine)
    page = text_of(owner.get(answer.location))
    assert "applied" in page
    assert f"Holds from {at:%Y-%m-%d %H:%M}" in page
    with Session(engine) as session:
        mine = select(Rate.price_per_minute_micros, Rate.valid_from, Rate.valid_until).where(Rate.prefix == "370")
        rows = {price: (begins, ends) for price, begins, ends in session.execute(mine)}
    assert rows[70_000][1] == at
    assert rows[350_000] == (at, None)


def test_a_moment_that_is_past_or_unreadable_is_refused(owner: Visitor, engine: Engine) -> None:
    address = kept(owner, engine)
    for at, why in (("2020-01-01T00:00", "is past: calls of then"), ("soon", "cannot be read")):
        answer = owner.post(address, f"{address}/act", act="apply", token="t-9", at=at)
        assert why in text_of(owner.get(answer.location))
    with Session(engine) as session:
        assert session.scalars(select(Job.id).where(Job.kind == "rates_apply")).all() == []
    assert prices(engine, "370") == [70_000]


def kept(owner: Visitor, engine: Engine) -> str:
    """A preview that was read and looked at, and is not applied yet."""
    waiting = upload(owner, GOOD)
    work(engine)
    address: str = owner.get(owner.get(waiting.location).location).request.path
    return address


def test_refused_lines_are_told_and_left_out_only_when_asked(owner: Visitor, engine: Engine) -> None:
    job = upload(owner, BAD).location
    work(engine)
    text = text_of(owner.get(job))
    assert "2 lines are refused, so nothing was prepared." in text
    assert "4 code" in text
    csv = download(owner, f"{job}/refused")
    assert csv.text.splitlines()[0] == "Line,Reason,Why"
    assert len(csv.text.splitlines()) == 3
    typed = fields_of(owner.get(job), "mode")
    again = owner.client.post(job, data={**typed, "left_out": ["code", "price"]})
    assert again.status_code == 302, text_of(again)
    work(engine)
    shown = owner.get(owner.get(again.location).location)
    assert "Refused lines, left out" in text_of(shown)
    assert len(download(owner, f"{shown.request.path}/refused").text.splitlines()) == 3


def test_a_guess_that_is_wrong_is_corrected_on_the_same_file(owner: Visitor, engine: Engine) -> None:
    job = upload(owner, "A;B;C\n370;Lithuania;0.09\n", columns="A=code\nB=destination\nC=price_per_minute").location
    work(engine)
    shown = text_of(owner.get(owner.get(job).location))
    assert "370 Lithuania 0.07 USD 0.09 USD" in shown


def test_a_table_that_says_the_same_has_nothing_to_apply(owner: Visitor, engine: Engine) -> None:
    same = "Code,Destination,Rate per minute,Connect fee,Increments\n370,Lithuania,0.07,0.10,60/6\n"
    job = upload(owner, same).location
    work(engine)
    assert "there is nothing to apply" in text_of(owner.get(job))


@pytest.mark.parametrize(
    ("text", "values", "why"),
    [
        (GOOD, {"table_id": ""}, "Table is needed."),
        (GOOD, {"applies_at": "2001-01-01T00:00:00"}, "This is past"),
        (GOOD, {"columns": "Rate=colour"}, "fields are code"),
        (GOOD, {"jump_percent": "0"}, "from 1"),
    ],
)
def test_what_cannot_be_asked_says_why(owner: Visitor, text: str, values: dict[str, str], why: str) -> None:
    refused = upload(owner, text, **values)
    assert (refused.status_code, why in text_of(refused)) == (400, True), text_of(refused)


def test_a_file_that_is_none_fails_with_the_reason(owner: Visitor, engine: Engine) -> None:
    job = upload(owner, "%PDF-1.7", "prices.pdf").location
    work(engine)
    assert "The file is a PDF: give the spreadsheet or CSV itself." in text_of(owner.get(job))
    none = upload(owner, "", "")
    assert (none.status_code, "Choose a file." in text_of(none)) == (400, True)


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE])
def test_who_may_only_see_rates_imports_none(
    owner: Visitor, signed_in: Callable[..., Visitor], engine: Engine, role: Role
) -> None:
    job = upload(owner, GOOD).location
    work(engine)
    address = owner.get(job).location
    visitor = signed_in(role)
    assert "Apply to Sell" not in text_of(visitor.get(address))
    assert visitor.get("/imports/new").status_code == 403
    assert visitor.post(address, f"{address}/act", act="apply", token="t").status_code == 403
