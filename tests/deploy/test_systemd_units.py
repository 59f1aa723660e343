"""The units of systemd: each parses, runs one of our commands, and keeps its hands off the machine."""

from __future__ import annotations

import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import click
import pytest

from command_line.__main__ import main

UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
TIMERS = sorted(UNITS.glob("*.timer"))
GUARDED = {"dynamicuser": "yes", "protectsystem": "strict", "nonewprivileges": "yes", "statedirectory": "callingcard"}


def parsed(unit: Path) -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)  # a unit may have several lines of one name
    parser.read_string(unit.read_text())
    return parser


def commands(unit: Path) -> list[list[str]]:
    lines = unit.read_text().splitlines()
    return [line.removeprefix("ExecStart=").split() for line in lines if line.startswith("ExecStart=")]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_runs_a_command_that_exists_and_may_write_its_state_only(unit: Path) -> None:
    service = parsed(unit)["Service"]
    assert {name: service[name] for name in GUARDED} == GUARDED
    assert commands(unit)
    for program, *words in commands(unit):
        assert program == "callingcard"
        found: click.Command | None = main
        for word in words:
            assert isinstance(found, click.Group)
            found = found.get_command(click.Context(found), word)
        assert found is not None


@pytest.mark.parametrize("unit", TIMERS, ids=lambda unit: unit.name)
def test_a_timer_has_its_service_and_catches_up(unit: Path) -> None:
    assert unit.with_suffix(".service") in SERVICES
    assert parsed(unit)["Timer"]["persistent"] == "true"


def test_timers_and_the_worker_exclude_one_another() -> None:
    """console.md 9.4: where timers are enabled the worker is not."""
    conflicts = parsed(UNITS / "callingcard-worker.service")["Unit"]["conflicts"].split()
    assert sorted(conflicts) == [timer.name for timer in TIMERS]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd")
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    """With a program that exists here in place of ours."""
    for unit in (*SERVICES, *TIMERS):
        lines = unit.read_text().splitlines()
        text = "\n".join("ExecStart=/bin/true" if line.startswith("ExecStart=") else line for line in lines)
        (tmp_path / unit.name).write_text(text)
    files = [str(tmp_path / unit.name) for unit in (*SERVICES, *TIMERS)]
    verified = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
