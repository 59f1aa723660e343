"""Files with PINs or codes as encrypted ZIPs: made by the worker, opened by a real program with the password only."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from factories import KEYS
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_web.lists import card_files
from billing.card_number import grouped
from billing.rights import Role
from billing.states import JobState
from models import AuditEntry, Job
from services.jobs.card_file import FileOf
from services.keys.key_file import replace_pin_keys
from services.keys.pin_keys import new_keys
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.test_pin_exports import FILES, folder, work
from tests.admin_web.test_series_files import make_stale
from tests.admin_web.test_vouchers import batch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from factories import World
    from sqlalchemy import Engine

__all__ = ["batch", "folder", "work"]
MINE = "correct horse battery"
SHEET = {"language": "en", "cards_a_page": "10"}


@pytest.fixture(autouse=True)
def with_keys(tmp_path: Path) -> Path:
    file = tmp_path / "keys.json"
    replace_pin_keys(file, KEYS)
    return file


@pytest.fixture
def owner(signed_in: Callable[..., Visitor], world: World) -> Visitor:
    del world
    return signed_in(Role.OWNER)


def opened(data: bytes, password: str, folder: Path) -> dict[str, bytes] | None:
    """What 7-Zip reads; None where it does not take the password."""
    program = shutil.which("7z") or shutil.which("7zz")
    assert program is not None, "as root: apt-get install p7zip-full (tests/install_needs.py)"
    archive, out = folder / "taken.zip", folder / "opened"
    archive.write_bytes(data)
    shutil.rmtree(out, ignore_errors=True)
    command = [program, "x", "-y", f"-p{password}", f"-o{out}", str(archive)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    return None if done.returncode else {file.name: file.read_bytes() for file in out.iterdir()}


def password_on(page: str) -> str:
    found = re.search(r"data-secret>([^<]+)<", page)
    assert found is not None, page
    return found[1]


def newest_job(engine: Engine) -> Job:
    with Session(engine) as session:
        return session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()


def test_the_drawn_password_stands_on_one_page_and_opens_the_file(
    owner: Visitor, world: World, engine: Engine, work: Callable[..., int], folder: Path, tmp_path: Path
) -> None:
    fields = {"form": "csv", "zip": "1", "token": "t-1"}
    drawn = owner.post(FILES, "/series/1/export", **fields)
    password, job = password_on(drawn.text), newest_job(engine)
    assert drawn.headers["Cache-Control"] == "no-store"
    assert password not in str(job.parameters)
    again = owner.post(FILES, "/series/1/export", **fields)
    assert again.location == f"/jobs/{job.id}", "the same form once more is the same job"
    assert password not in owner.get(f"/jobs/{job.id}").text
    assert work() == 0
    assert [file.name for file in folder.iterdir()] == [f"{job.id}.zip"]
    assert "password_sealed" not in newest_job(engine).parameters
    taken = owner.post(f"/jobs/{job.id}", f"/jobs/{job.id}/pins")
    assert taken.headers["Content-Disposition"].endswith('"series-1-with-pins.csv.zip"')
    assert grouped(world.cards[0].pin).encode() not in taken.data
    assert opened(taken.data, "another password", tmp_path) is None
    files = opened(taken.data, password, tmp_path)
    assert files is not None
    assert all(grouped(card.pin) in files["series-1-with-pins.csv"].decode() for card in world.cards)
    assert list(folder.iterdir()) == []


def test_a_password_that_can_be_guessed_is_refused(
    owner: Visitor, engine: Engine, work: Callable[..., int], tmp_path: Path
) -> None:
    fields = {"form": "xlsx", "zip": "1", "token": "t-2"}
    refused = owner.post(FILES, "/series/1/export", zip_password="short", **fields)
    assert "16 to 80" in text_of(owner.get(refused.location))
    page = owner.post(FILES, "/series/1/export", zip_password=MINE, **fields).location
    assert page == f"/jobs/{newest_job(engine).id}", "who gave it knows it"
    work()
    files = opened(owner.post(page, f"{page}/pins").data, MINE, tmp_path)
    assert files is not None
    assert list(files) == ["series-1-with-pins.xlsx"]


def test_sheets_for_print_and_codes_of_vouchers_come_so_too(
    owner: Visitor, batch: str, work: Callable[..., int], tmp_path: Path
) -> None:
    wanted = {"zip": "1", "zip_password": MINE, "token": "t-3"}
    sheets = owner.post(FILES, "/series/1/print", **SHEET, **wanted).location
    codes = owner.post(batch, f"{batch}export", form="csv", with_codes="1", **wanted).location
    work()
    assert "Take the file with codes, once" in text_of(owner.get(codes))
    printed = opened(owner.post(sheets, f"{sheets}/pins").data, MINE, tmp_path)
    assert printed is not None
    assert printed["series-1-cards.pdf"].startswith(b"%PDF")
    vouchers = opened(owner.post(codes, f"{codes}/pins").data, MINE, tmp_path)
    assert vouchers is not None
    assert all(len(line.split(b",")[2]) > 14 for line in vouchers["vouchers-May.csv"].splitlines()[1:])


def test_keys_that_were_replaced_meanwhile_end_the_job_with_a_sentence(
    owner: Visitor, engine: Engine, work: Callable[..., int], with_keys: Path, folder: Path
) -> None:
    owner.post(FILES, "/series/1/export", form="csv", zip="1", token="t-4")
    replace_pin_keys(with_keys, new_keys(1))
    work()
    job = newest_job(engine)
    assert job.state is JobState.FAILED
    assert "Ask for the file again" in str(job.result)
    assert not folder.exists() or list(folder.iterdir()) == []


def test_many_sheets_are_a_job_that_needs_the_password_again(
    owner: Visitor, engine: Engine, work: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue item 8: what takes long is a job with progress, cancel and result."""
    monkeypatch.setitem(card_files.AT_ONCE_MAX, FileOf.SHEETS, 1)
    page = owner.post(FILES, "/series/1/print", token="t-5", **SHEET).location
    assert "Cancel the job" in text_of(owner.get(page))
    work()
    make_stale(engine)
    assert owner.post(page, f"{page}/pins").location == f"/prove?next={page}"


def test_long_files_without_secrets_are_jobs_for_whoever_sees_cards(
    signed_in: Callable[..., Visitor],
    owner: Visitor,
    batch: str,
    engine: Engine,
    work: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del owner
    monkeypatch.setitem(card_files.AT_ONCE_MAX, FileOf.SERIES, 1)
    monkeypatch.setitem(card_files.AT_ONCE_MAX, FileOf.VOUCHERS, 1)
    support = signed_in(Role.SUPPORT)
    cards = support.post("/series/1/", "/series/1/download", form="csv", token="t-6").location
    vouchers = support.post(batch, f"{batch}export", form="csv", token="t-6").location
    work()
    assert "Take the file, once" in text_of(support.get(cards))
    assert b"1-000000001,," in support.post(cards, f"{cards}/pins").data
    assert b"May,1,," in support.post(vouchers, f"{vouchers}/pins").data
    assert support.post("/series/1/", f"{cards}/pins").status_code == 403, "a second time there is none"
    with Session(engine) as session:
        acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.number)).all()
    assert acts.count("series.exported") == acts.count("voucher_batch.exported") == 1
