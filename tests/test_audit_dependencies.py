"""The audit of dependencies: an advisory fails it, and no network is one sentence and no failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import audit_dependencies

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

BAD = {"name": "flask", "version": "0.5", "vulns": [{"id": "PYSEC-2018-66", "fix_versions": ["0.12.3"]}]}
GOOD = {"name": "click", "version": "8.5.0", "vulns": []}
UNASKED = {"name": "local", "skip_reason": "not on the index"}


def audit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *told: object, arguments: tuple[str, ...] = ()
) -> tuple[int, str]:
    """As pip-audit would have told it of one of the lock files."""
    answers = iter([list(told), []])
    monkeypatch.setattr(audit_dependencies, "audited", lambda _file: next(answers))
    return audit_dependencies.main(arguments), capsys.readouterr().err


def test_an_advisory_is_told_with_the_version_that_mends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "flask 0.5: PYSEC-2018-66, mended in 0.12.3\n"
    assert audit(monkeypatch, capsys, BAD, GOOD) == (1, line)
    assert audit(monkeypatch, capsys, BAD, GOOD, arguments=("--tell",)) == (0, line)
    assert audit(monkeypatch, capsys, GOOD) == (0, "")


def test_what_was_not_asked_is_never_a_silent_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """pip-audit answers "no known vulnerabilities" also when its source knows none of the packages."""
    assert audit(monkeypatch, capsys, UNASKED) == (0, f"{audit_dependencies.UNREACHABLE}\n")
    assert audit(monkeypatch, capsys) == (0, f"{audit_dependencies.UNREACHABLE}\n")
    told = "Not audited, since the advisories do not know them: local\n"
    assert audit(monkeypatch, capsys, GOOD, UNASKED) == (0, told)


def test_without_a_network_it_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody listens where the advisories are asked for."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text("click==8.5.0 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setattr(audit_dependencies, "HOUSE", tmp_path)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert audit_dependencies.main([]) == 0
    assert capsys.readouterr().err == f"{audit_dependencies.UNREACHABLE}\n"
