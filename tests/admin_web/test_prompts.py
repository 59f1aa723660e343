"""The pages of prompts: who may change them, what the player is given, and what is told and noted of a change."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from billing.rights import Role
from ivr_prompts.wav import wav_bytes
from models import AuditEntry
from tests.admin_web.conftest import text_of, token_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from factories import World
    from werkzeug.test import TestResponse

    from tests.admin_web.conftest import Visitor

PAGE = "/prompts/en/welcome"
LONG = wav_bytes(struct.pack("<80000h", *([6_000, -6_000] * 40_000)))  # ten seconds: more than a form may hold
SHORT = wav_bytes(struct.pack("<800h", *([6_000, -6_000] * 400)))


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """The folder of English prompts, with one file."""
    folder = tmp_path / "prompts" / "en"
    folder.mkdir(parents=True)
    (folder / "welcome.wav").write_bytes(SHORT)
    return folder


def upload(visitor: Visitor, content: bytes, **fields: str) -> TestResponse:
    page = visitor.get(PAGE)
    seen = page.text.split('name="seen" value="')[1].split('"')[0] if 'name="seen"' in page.text else ""
    form = {"csrf_token": token_of(page), "seen": seen, "recording": (io.BytesIO(content), "new.wav"), **fields}
    return visitor.client.post(f"{PAGE}/replace", data=form, content_type="multipart/form-data", follow_redirects=True)


def acts(world: World) -> list[str]:
    return list(world.session.scalars(select(AuditEntry.act).where(AuditEntry.object_kind == "prompt")))


def test_a_recording_is_uploaded_heard_told_noted_and_taken_back(
    world: World, shelf: Path, signed_in: Callable[..., Visitor]
) -> None:
    visitor = signed_in(Role.OPERATOR)
    assert "Callers hear the new file" in upload(visitor, LONG).text
    assert (shelf / "welcome.wav").read_bytes() == LONG
    page = visitor.get(PAGE)
    assert "10.0 s" in page.text
    seen = page.text.split('name="seen" value="')[1].split('"')[0]
    visitor.post(PAGE, f"{PAGE}/undo", seen=seen)
    assert (shelf / "welcome.wav").read_bytes() == SHORT
    assert acts(world) == ["prompt.replaced", "prompt.undone"]
    assert "recorded → recorded" in text_of(visitor.get(PAGE))


def test_what_is_no_recording_is_refused_and_not_noted(
    world: World, shelf: Path, signed_in: Callable[..., Visitor]
) -> None:
    visitor = signed_in()
    assert "no wav file of plain samples" in upload(visitor, b"an mp3").text
    assert "changed meanwhile" in upload(visitor, LONG, seen="0123456789abcdef").text
    assert (shelf / "welcome.wav").read_bytes() == SHORT
    assert acts(world) == []


def test_more_than_a_recording_may_hold_is_refused_by_its_size(
    world: World, shelf: Path, signed_in: Callable[..., Visitor]
) -> None:
    del world
    refused = signed_in().client.post(
        f"{PAGE}/replace",
        data=b"--x",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(13 * 1024 * 1024)},
    )
    assert refused.status_code == 413
    assert (shelf / "welcome.wav").read_bytes() == SHORT


@pytest.mark.parametrize("act", ["replace", "undo", "generate"])
def test_who_may_only_see_changes_nothing(
    world: World, shelf: Path, signed_in: Callable[..., Visitor], act: str
) -> None:
    del world
    visitor = signed_in(Role.SUPPORT)
    assert "Put a recording in its place" not in visitor.get(PAGE).text
    refused = visitor.post(PAGE, f"{PAGE}/{act}")
    assert refused.status_code == 403
    assert "manage ivr" in refused.text
    assert (shelf / "welcome.wav").read_bytes() == SHORT


@pytest.mark.usefixtures("shelf")
def test_the_player_gets_sound_whole_and_in_parts(world: World, signed_in: Callable[..., Visitor]) -> None:
    del world
    visitor = signed_in(Role.AUDITOR)
    with visitor.get("/prompts/sound/en/welcome.wav") as whole:
        assert (whole.status_code, whole.mimetype, whole.data) == (200, "audio/wav", SHORT)
    with visitor.client.get("/prompts/sound/en/welcome.wav", headers={"Range": "bytes=10-19"}) as part:
        assert (part.status_code, part.data) == (206, SHORT[10:20])
    for address in ("en/goodbye.wav", "xx/welcome.wav", "en/..%2fkept.wav"):
        with visitor.get(f"/prompts/sound/{address}") as none:
            assert none.status_code == 404, address


@pytest.mark.usefixtures("shelf")
def test_the_list_tells_what_is_missing_and_finds_by_text(world: World, signed_in: Callable[..., Visitor]) -> None:
    del world
    visitor = signed_in(Role.AUDITOR)
    whole = text_of(visitor.get("/prompts/"))
    assert "prompts have no file" in whole
    assert "callingcard prompts build" in whole
    found = text_of(visitor.get("/prompts/?q=enter+your+pin"))
    assert "enter-pin" in found
    assert "goodbye" not in found
    assert "No prompt fits." in visitor.get("/prompts/?q=zzz").text
    assert "welcome" in text_of(visitor.get("/prompts/?file=recorded"))
    for address in ("/prompts/?language=xx", "/prompts/?file=stolen", "/prompts/en/nothing"):
        assert visitor.get(address).status_code == 404, address


@pytest.mark.usefixtures("shelf")
def test_all_files_of_a_language_come_as_one(world: World, signed_in: Callable[..., Visitor]) -> None:
    del world
    with signed_in().get("/prompts/en.zip") as archive, zipfile.ZipFile(io.BytesIO(archive.data)) as whole:
        assert whole.namelist() == ["en/welcome.wav"]
        assert whole.read("en/welcome.wav") == SHORT
