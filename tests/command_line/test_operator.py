"""Operators by command: the first owner, refusals with a sentence, and no password where others can read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from command_line.__main__ import main
from models.database import make_engine
from services.store.migrate import upgrade

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "seven wet badgers"


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path))
    engine = make_engine(f"sqlite:///{tmp_path / 'callingcard.sqlite'}")
    upgrade(engine)
    engine.dispose()


def run(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, ["operator", *words], input=typed)


def test_an_operators_life_by_command() -> None:
    made = run("create", "Olga", "--role", "owner", "--password-stdin", "--json", typed=PASSWORD + "\n")
    assert made.exit_code == 0, made.output
    assert json.loads(made.output)["role"] == "owner"
    assert run("create", "Sam", "--role", "support", typed=f"{PASSWORD}\n{PASSWORD}\n").exit_code == 0
    assert "operator" in run("role", "sam", "operator").output
    assert "disabled" in run("disable", "Sam").output
    listed = {one["name"]: one for one in json.loads(run("list", "--json").output)}
    assert (listed["Sam"]["is_enabled"], listed["Olga"]["is_enabled"]) == (False, True)
    assert (
        run("enable", "Sam").exit_code == run("password", "Sam", "--stdin", typed="x" + PASSWORD + "\n").exit_code == 0
    )
    assert "0 sessions" in run("sign-out", "Sam").output
    assert "manage operators" in run("show", "Olga").output


def test_what_cannot_be_is_told_and_changes_nothing() -> None:
    run("create", "Olga", "--role", "owner", "--password-stdin", typed=PASSWORD + "\n")
    for words, typed, why in (
        (("disable", "Olga"), None, "last owner"),
        (("create", "olga", "--password-stdin"), PASSWORD + "\n", "already"),
        (("create", "Short", "--password-stdin"), "short\n", "choose 12"),
        (("create", "R", "--role", "reseller", "--password-stdin"), PASSWORD + "\n", "name of a reseller"),
        (("show", "Nobody"), None, "no operator Nobody"),
    ):
        refused = run(*words, typed=typed)
        assert refused.exit_code == 1, refused.output
        assert why in refused.output
    assert [one["name"] for one in json.loads(run("list", "--json").output)] == ["Olga"]
