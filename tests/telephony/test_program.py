"""Which Asterisk is taken, and what is said when there is none or one too old."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.program import AsteriskNotFound, AsteriskVersion, find_asterisk, program_at

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", AsteriskVersion(22, 10, 1)),
        ("Asterisk 20.6.0~dfsg", AsteriskVersion(20, 6, 0)),
        ("Asterisk certified/20.7-cert3", AsteriskVersion(20, 7)),
        ("Asterisk certified-22.8-cert1", AsteriskVersion(22, 8)),
        ("Asterisk GIT-master-abc", None),
        ("", None),
    ],
)
def test_the_version_is_read_from_what_asterisk_prints(text: str, version: AsteriskVersion | None) -> None:
    assert AsteriskVersion.parse(text) == version


def fake_asterisk(root: Path, version: str) -> Path:
    (root / "usr/sbin").mkdir(parents=True)
    (root / "usr/lib/asterisk/modules").mkdir(parents=True)
    binary = root / "usr/sbin/asterisk"
    binary.write_text(f"#!/bin/sh\necho Asterisk {version}\n")
    binary.chmod(0o755)
    return root


def test_an_old_asterisk_is_refused_with_both_versions(tmp_path: Path) -> None:
    with pytest.raises(AsteriskNotFound, match=r"20 or newer is needed, .* has 18\.10\.0"):
        program_at(fake_asterisk(tmp_path, "18.10.0"))


def test_the_folder_named_is_taken(tmp_path: Path) -> None:
    assert find_asterisk(root=fake_asterisk(tmp_path, "20.1.0")).version == AsteriskVersion(20, 1)


def test_a_folder_without_asterisk_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(AsteriskNotFound, match="no Asterisk under"):
        find_asterisk(root=tmp_path)


def test_the_fetched_copy_is_taken_when_the_system_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.program._SYSTEM_PATH", "/nowhere")
    fake_asterisk(tmp_path / "asterisk", "22.1.0")
    assert find_asterisk(root=None, state=tmp_path).root == tmp_path / "asterisk"
    with pytest.raises(AsteriskNotFound, match="callingcard asterisk fetch"):
        find_asterisk(root=None, state=tmp_path / "empty")
