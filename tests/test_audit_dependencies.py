"""The audit of dependencies: an advisory fails it, and no network is one sentence and no failure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import audit_dependencies

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TOLD = {
    "dependencies": [
        {"name": "flask", "version": "0.5", "vulns": [{"id": "PYSEC-2018-66", "fix_versions": ["0.12.3"]}]},
        {"name": "click", "version": "8.5.0", "vulns": []},
        {"name": "local", "skip_reason": "not on the index"},
    ]
}


def test_an_advisory_is_told_with_the_version_that_mends_it() -> None:
    assert audit_dependencies.known(json.dumps(TOLD)) == ["flask 0.5: PYSEC-2018-66, mended in 0.12.3"]


def test_what_cannot_be_asked_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody listens where the advisories are asked for."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text("click==8.5.0 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setattr(audit_dependencies, "HOUSE", tmp_path)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert audit_dependencies.main() == 0
    assert capsys.readouterr().err == f"{audit_dependencies.UNREACHABLE}\n"
