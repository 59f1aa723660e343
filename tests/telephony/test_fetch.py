"""A fetch is all or nothing, and says in one sentence why it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.apt import AptFailed, machine_mirror
from telephony.fetch import FetchFailed, FetchProgress, fetch_asterisk
from tests.telephony.test_program import fake_asterisk

if TYPE_CHECKING:
    from pathlib import Path

MIRROR = "http://127.0.0.1:9/debian"


class FakeApt:
    """An apt that downloads what the test put there."""

    archives: tuple[Path, ...] = ()

    def __init__(self, folder: Path, mirror: str, suite: str) -> None:
        pass

    def update(self) -> None:
        pass

    def download(self, package: str, on_percent: object) -> list[Path]:
        del package, on_percent
        return list(self.archives)


def test_a_copy_that_runs_is_kept(tmp_path: Path) -> None:
    steps: list[FetchProgress] = []
    program = fetch_asterisk(fake_asterisk(tmp_path, "22.1.0"), progress=steps.append)
    assert program.version.major == 22
    assert steps == []


def test_a_folder_with_something_else_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(FetchFailed, match="not empty"):
        fetch_asterisk(tmp_path)
    assert (tmp_path / "mine").exists()


def test_a_machine_without_apt_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FetchFailed, match="has no apt-get: install Asterisk"):
        fetch_asterisk(tmp_path / "asterisk")
    with pytest.raises(AptFailed):
        machine_mirror()


def test_a_mirror_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match="is no Debian mirror"):
        fetch_asterisk(tmp_path / "asterisk", mirror="x\nEvil: yes")


@pytest.mark.parametrize("content", [b"", b"!<arch>\nbroken"])
def test_a_broken_archive_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    archive = tmp_path / "broken.deb"
    archive.write_bytes(content)
    monkeypatch.setattr(FakeApt, "archives", (archive,))
    monkeypatch.setattr("telephony.fetch.PrivateApt", FakeApt)
    with pytest.raises(FetchFailed, match=r"broken\.deb could not be unpacked"):
        fetch_asterisk(tmp_path / "asterisk", mirror=MIRROR)
    assert list(tmp_path.iterdir()) == [archive]


def test_a_copy_that_does_not_run_is_not_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.fetch.PrivateApt", FakeApt)
    with pytest.raises(FetchFailed, match="no Asterisk under"):
        fetch_asterisk(tmp_path / "asterisk", mirror=MIRROR)
    assert list(tmp_path.iterdir()) == []
