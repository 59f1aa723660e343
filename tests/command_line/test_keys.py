"""callingcard keys: rotation and what is shown, which is never a key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from command_line import keys as keys_command
from command_line.__main__ import main
from services.keys.pin_keys import load_pin_keys

if TYPE_CHECKING:
    from pathlib import Path


def run(*words: str, keyed: str | None = None) -> Result:
    return CliRunner().invoke(main, words, input=keyed)


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CALLINGCARD_DATABASE_URL", raising=False)
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path / "var"))
    monkeypatch.setattr(keys_command, "LOOK_UP_SECONDS_MAX", 0)
    assert run("init", "--demo").exit_code == 0
    return tmp_path / "var" / "keys.json"


def test_keys_are_shown_by_their_numbers_only(file: Path) -> None:
    shown = json.loads(run("keys", "show", "--json").stdout)
    assert shown["keys"] == [
        {"key": 1, "in_file": True, "is_newest": True, "cards": 400, "vouchers": 0, "accounts": 0, "operators": 0}
    ]
    keys = load_pin_keys(file)
    for words in (("keys", "show"), ("keys", "show", "--json"), ("keys", "rotate", "--yes")):
        told = run(*words).output
        assert keys.digest_key.hex() not in told
        assert keys.encryption_key.hex() not in told


def test_a_rotation_brings_every_pin_under_a_new_key(file: Path) -> None:
    rotated = run("keys", "rotate", "--yes", "--json")
    assert rotated.exit_code == 0, rotated.output
    assert json.loads(rotated.stdout) == {"key_number": 2, "resealed": 400, "left": 0, "kept": []}
    assert (load_pin_keys(file).number, load_pin_keys(file).older) == (2, ())
    assert file.stat().st_mode & 0o777 == 0o600
    assert run("verify").exit_code == 0


def test_nobody_rotates_by_mistake(file: Path) -> None:
    assert run("keys", "rotate", keyed="").exit_code == 1
    assert run("keys", "rotate", keyed="n\n").exit_code == 1
    assert load_pin_keys(file).number == 1


def test_a_key_that_the_file_lacks_is_told(file: Path) -> None:
    before = file.read_text()
    assert run("keys", "rotate", "--yes").exit_code == 0
    file.write_text(before)
    assert "MISSING in the file" in run("keys", "show").stdout
    refused = run("keys", "rotate", "--yes")
    assert refused.exit_code == 1
    assert "copy the newer file" in refused.output


def test_without_a_file_there_is_nothing_to_rotate(file: Path) -> None:
    file.unlink()
    for words in (("keys", "show"), ("keys", "rotate", "--yes")):
        refused = run(*words)
        assert refused.exit_code == 1
        assert "restore it from a backup" in refused.output
