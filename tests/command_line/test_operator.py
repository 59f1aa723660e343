"""Operators by command: the first owner, refusals with a sentence, and no password where others can read it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyotp
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_line.__main__ import main
from models import AuditEntry
from models.database import make_engine
from services.audit.audit import Actor, Door
from services.keys.pin_keys import create_pin_keys
from services.operators.save_operator import get_operator
from services.operators.second_factor import set_second_factor
from services.operators.totp import new_secret
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


def test_a_lost_second_factor_is_switched_off_and_audited(tmp_path: Path) -> None:
    run("create", "Olga", "--role", "owner", "--password-stdin", typed=PASSWORD + "\n")
    without = run("reset-2fa", "Olga", "--yes")
    assert without.exit_code == 1
    assert "Olga has no second factor" in without.output
    keys, secret, at = create_pin_keys(tmp_path / "keys.json"), new_secret(), datetime.now(UTC)
    engine = make_engine(f"sqlite:///{tmp_path / 'callingcard.sqlite'}")
    with Session(engine) as session, session.begin():
        olga = get_operator(session, "Olga")
        code = pyotp.TOTP(secret).at(at)
        set_second_factor(session, olga, secret, code, keys, Actor("Olga", Door.CONSOLE), at)
    assert json.loads(run("show", "Olga", "--json").output)["has_second_factor"]
    assert run("reset-2fa", "Olga", typed="n\n").exit_code == 1
    assert run("reset-2fa", "Olga", "--yes").exit_code == 0
    assert not json.loads(run("show", "Olga", "--json").output)["has_second_factor"]
    with Session(engine) as session:
        assert "second factor switched off" in session.scalars(select(AuditEntry.act)).all()
    engine.dispose()


def test_a_drawn_password_is_printed_once_and_forgiving_needs_a_lock() -> None:
    made = run("create", "Olga", "--role", "owner", "--draw", "--json")
    assert made.exit_code == 0, made.output
    first = json.loads(made.output)["password"]
    again = run("password", "Olga", "--draw")
    assert "shown this once" in again.output
    assert first not in again.output
    assert first not in run("show", "Olga", "--json").output
    refused = run("unlock", "Olga")
    assert (refused.exit_code, "not locked" in refused.output) == (1, True)


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
