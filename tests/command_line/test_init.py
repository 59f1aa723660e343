"""Setting an installation up: what is made, what is kept, and what is never taken for the demo."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from command_line.__main__ import main
from models.database import make_engine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "state"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def made(*arguments: str) -> dict[str, Any]:
    result = run("init", *arguments, "--json")
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.output)
    return told


def test_the_demo_tells_its_numbers_cards_and_pins(state: Path) -> None:
    told = made("--demo")
    assert told["created"]
    assert [access["number"] for access in told["access_numbers"]] == ["18005550100", "18005550101", "18005550102"]
    assert len(told["cards"]) == 400
    first = told["cards"][0]
    assert (first["number"], len(first["pin"]), first["status"]) == ("1-005668240", 12, "pending")
    assert (state / "keys.json").stat().st_mode & 0o777 == 0o600


def test_a_second_time_changes_nothing(state: Path) -> None:
    first = made("--demo")
    keys = (state / "keys.json").read_bytes()
    second = made("--demo")
    assert not second["created"]
    assert second["cards"] == first["cards"]
    assert (state / "keys.json").read_bytes() == keys


def test_cards_of_ones_own_stand_beside_the_demo_and_are_never_shown_with_it(state: Path) -> None:
    assert state.parent.exists()
    before = made("--demo")["cards"]
    own = ["--group", "Number and PIN", "--number", "7", "--quantity", "5", "--value", "1.00", "--rates", "RT ORIG"]
    assert run("series", "generate", *own, "--yes").exit_code == 0
    assert made("--demo")["cards"] == before


def test_an_installation_with_cards_of_its_own_is_never_taken_for_the_demo(state: Path) -> None:
    """No customer's PIN is shown, and no customer's card is called."""
    assert state.parent.exists()
    made("--demo")
    forget_the_demo_mark(state)
    for command in (["init", "--demo", "--json"], ["call"]):
        result = run(*command)
        assert result.exit_code == 1
        assert "pin" not in result.output.lower().replace("callingcard", "")


def test_without_the_demo_only_keys_and_database_are_made(state: Path) -> None:
    told = made()
    assert not told["created"]
    assert told["cards"] == []
    assert (state / "callingcard.sqlite").exists()


def test_a_wrong_setting_is_named(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state.parent.exists()
    monkeypatch.setenv("CALLINGCARD_TIMEZONE", "Mars/Olympus")
    result = run("init")
    assert result.exit_code == 1
    assert "CALLINGCARD_TIMEZONE" in result.output
    assert "Europe/Vilnius" in result.output


def forget_the_demo_mark(state: Path) -> None:
    engine = make_engine(f"sqlite:///{state / 'callingcard.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE card_series SET is_demo = false"))
    engine.dispose()
