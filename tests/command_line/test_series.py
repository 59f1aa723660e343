"""callingcard series: preview, generation, and what goes wrong, on a fresh installation."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from command_line.__main__ import main

FIVE = ("--group", "Number and PIN", "--number", "9", "--quantity", "5", "--value", "5.00", "--rates", "RT ORIG")


def run(*words: str, keyed: str | None = None) -> Result:
    return CliRunner().invoke(main, words, input=keyed)


def generate(*words: str, keyed: str | None = None) -> Result:
    return run("series", "generate", *words, keyed=keyed)


def listed() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(run("series", "list", "--json").stdout)
    return rows


@pytest.fixture(scope="module")
def fresh_installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Set up once; each test works on a copy."""
    folder = tmp_path_factory.mktemp("fresh") / "var"
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder.parent)
        patched.delenv("CALLINGCARD_DATABASE_URL", raising=False)
        patched.setenv("CALLINGCARD_STATE_DIR", str(folder))
        assert run("init", "--demo").exit_code == 0
    return folder


@pytest.fixture(autouse=True)
def installation(fresh_installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "var"
    shutil.copytree(fresh_installation, folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CALLINGCARD_DATABASE_URL", raising=False)
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(folder))
    return folder


def test_a_dry_run_shows_the_plan_and_writes_nothing() -> None:
    """JC-23."""
    shown = generate(*FIVE, "--first-serial", "5668240", "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert "9-005668240 to 9-005668244 (5 cards)" in shown.stdout
    assert "8 digits. One random PIN fits a given card number with a chance of 1 in 100,000,000." in shown.stdout
    assert "5.00 USD each, 25.00 USD together" in shown.stdout
    plan = json.loads(generate(*FIVE, "--dry-run", "--json").stdout)
    assert (plan["first_number"], plan["pin_length"], plan["liability_micros"]) == ("9-000000001", 8, 25_000_000)
    assert len(listed()) == 4


def test_five_pending_cards_of_five_dollars() -> None:
    """JC-50, JC-23 to JC-40."""
    made = generate(*FIVE, "--first-serial", "5668240", "--pin-length", "12", "--yes", "--json")
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["cards"] == 5
    report = json.loads(run("series", "show", "9", "--json").stdout)
    assert report["cards"]["pending"] == report["quantity"] == report["cards_made"] == 5
    assert (report["face_value_micros"], report["currency"], report["pin_length"]) == (5_000_000, "USD", 12)
    card = json.loads(run("card", "show", "9-005668244", "--json").stdout)
    assert (card["status"], card["balance_micros"]) == ("pending", 5_000_000)
    assert run("card", "show", "9-005668245").exit_code == 1
    assert run("verify").exit_code == 0


def test_all_terms_reach_the_series() -> None:
    words = ("--status", "inactive", "--name", "Kiosk", "--expires-on", "2099-12-31", "--expires-after-days", "30",
             "--grace-days", "7", "--activation-fee", "0.50", "--maintenance-fee", "0.25", "--maintenance-hours", "168",
             "--portal-login", "--notes", "for the kiosk", "--yes")  # fmt: skip
    assert generate(*FIVE, *words).exit_code == 0
    report = json.loads(run("series", "show", "9", "--json").stdout)
    assert report["cards"]["inactive"] == 5
    wanted = {"name": "Kiosk", "expiry_date": "2099-12-31", "expiry_period_days": 30, "expiry_grace_days": 7}
    wanted |= {"activation_fee_micros": 500_000, "maintenance_fee_micros": 250_000, "maintenance_every_hours": 168}
    wanted |= {"portal_login": True, "notes": "for the kiosk"}
    assert {name: report[name] for name in wanted} == wanted


def test_the_same_command_again_makes_no_second_series() -> None:
    """JC-40."""
    assert generate(*FIVE, "--yes").exit_code == 0
    again = generate(*FIVE)
    assert again.exit_code == 0
    assert "Generation done: 5 of 5" in again.stdout
    assert generate("--resume", "9").exit_code == 0
    assert len(listed()) == 5


def test_no_answer_is_no() -> None:
    assert generate(*FIVE, keyed="n\n").exit_code == 1
    assert generate(*FIVE, keyed="").exit_code == 1
    assert len(listed()) == 4
    assert generate(*FIVE, keyed="y\n").exit_code == 0


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("--group", "Gold"), 1, "There are: Number and PIN, PIN only"),
        (("--rates", "None"), 1, "no rate table called 'None'"),
        (("--tax", "VAT"), 1, "no tax profile called 'VAT'"),
        (("--reseller", "Nobody"), 1, "There are: Reseller 1"),
        (("--pin-length", "7"), 1, "Choose 8 digits or more"),
        (("--group", "PIN only", "--quantity", "100000", "--pin-length", "11"), 1, "choose 12 digits or more"),
        (("--quantity", "1000001"), 1, "choose 1 to 1000000"),
        (("--quantity", "0"), 1, "choose 1 to 1000000"),
        (("--number", "45"), 1, "11 digits"),
        (("--number", "1"), 1, "other terms"),
        (("--first-serial", "999999998"), 1, "out of range"),
        (("--expires-on", "2020-01-01"), 1, "has passed"),
        (("--value", "5,00"), 2, "--value"),
        (("--value", "-1"), 2, "negative"),
        (("--status", "activated"), 2, "--status"),
    ],
)
def test_what_cannot_be_made_is_refused_with_the_cure(words: tuple[str, ...], status: int, told: str) -> None:
    refused = generate(*FIVE, *words, "--yes")
    assert refused.exit_code == status
    assert told in refused.output
    assert "Traceback" not in refused.output
    assert len(listed()) == 4


def test_what_is_missing_is_named() -> None:
    refused = generate("--number", "9")
    assert refused.exit_code == 2
    assert "--group, --quantity, --value, --rates" in refused.output


def test_a_series_that_is_not_there_is_told() -> None:
    assert "callingcard series list" in generate("--resume", "77").output
    assert run("series", "show", "77").exit_code == 1


def test_without_its_keys_nothing_is_generated(installation: Path) -> None:
    (installation / "keys.json").rename(installation / "elsewhere.json")
    refused = generate(*FIVE, "--yes")
    assert refused.exit_code == 1
    assert "keys.json does not exist" in refused.output
    (installation / "elsewhere.json").rename(installation / "keys.json")
    assert generate("--resume", "9").exit_code == 0


def test_a_killed_command_goes_on_when_it_is_repeated() -> None:
    """JC-28: SIGKILL three times, then once to the end; a card of the unfinished series is unknown meanwhile."""
    words = [word if word != "5" else "60000" for word in FIVE]
    command = [sys.executable, "-m", "command_line", "series", "generate", *words, "--yes"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    dice = random.Random(9)  # noqa: S311 (moments of kills)
    for _ in range(3):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.7, 1.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert [row["cards_made"] for row in listed() if row["number"] == 9] == [60_000]
    assert run("verify").exit_code == 0
