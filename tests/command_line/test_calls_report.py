"""callingcard calls report, rollup, list and export: what they print, write and refuse."""

from __future__ import annotations

import csv
import json
import stat
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from factories import BRITAIN, LITHUANIA, NOW, World, a_world, answered, not_answered
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from command_line import calls_report
from command_line.__main__ import main
from models import AuditEntry, CallDay, CallRecord

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

PERIOD = ("--from", "2026-11-20", "--to", "2026-11-25")


@pytest.fixture
def world(engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A minute to Britain, half a minute to Lithuania, and one that nobody answered."""
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", database_url)
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path))
    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        for call_id, destination, settlement in (
            ("britain", BRITAIN, answered("britain", 60)),
            ("lithuania", LITHUANIA, answered("lithuania", 30)),
            ("silent", BRITAIN, not_answered("silent")),
        ):
            world.call(call_id, destination)
            world.settle(settlement)
        session.commit()
    return world


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def good(*words: str) -> Any:  # noqa: ANN401 (whatever JSON can hold)
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_report_shows_what_the_calls_brought(world: World) -> None:
    assert world
    told = good("calls", "report", "--by", "destination", *PERIOD)
    rows = {row["destination"]: row for row in told["rows"]}
    assert rows["United Kingdom"]["calls"] == 2
    assert rows["United Kingdom"]["asr_per_mille"] == 500
    assert rows["United Kingdom"]["margin_micros"] == 36_000
    assert rows["Lithuania"]["cost_micros"] == 170_000
    shown = run("calls", "report", "--by", "day,carrier", *PERIOD)
    assert "test.cheap" in shown.output
    assert run("calls", "report", "--by", "series,destination", *PERIOD).exit_code == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--by", "colour"), "choose among day, destination"),
        (("--from", "2026-02-30"), "write it as 2026-11-27"),
        (("--from", "2026-11-25", "--to", "2026-11-20"), "exchange them"),
        (("--from", "2010-01-01", "--to", "2026-11-20"), "at most 3700"),
    ],
)
def test_a_report_that_cannot_be_is_refused(world: World, words: tuple[str, ...], sentence: str) -> None:
    assert world
    result = run("calls", "report", *words)
    assert result.exit_code != 0
    assert sentence in " ".join(result.output.split())


def test_the_list_is_narrowed(world: World) -> None:
    assert world
    assert {call["call_id"] for call in good("calls", "list")} == {"britain", "lithuania", "silent"}
    assert [call["call_id"] for call in good("calls", "list", "--destination", "370")] == ["lithuania"]
    assert [call["call_id"] for call in good("calls", "list", "--min-seconds", "31")] == ["britain"]
    assert {call["call_id"] for call in good("calls", "list", "--carrier", "test.cheap")} == {"britain", "lithuania"}
    assert good("calls", "list", "--series", "2") == []
    assert good("calls", "list", "--from", "2026-11-23") == []
    assert len(good("calls", "list", "--from", "2026-11-22", "--to", "2026-11-22", "--series", "1")) == 3


def test_an_export_is_whole_private_and_audited(world: World, engine: Engine, tmp_path: Path) -> None:
    assert world
    file = tmp_path / "calls.csv"
    assert good("calls", "export", str(file), "--dry-run")["calls"] == 3
    assert not file.exists()
    assert good("calls", "export", str(file), "--destination", "44")["calls"] == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = {row["Call"]: row for row in csv.DictReader(lines)}
    assert rows["britain"]["Placed"] == NOW.strftime("%Y-%m-%d %H:%M:%S")
    assert (rows["britain"]["Cost"], rows["britain"]["Margin"]) == ("0.06", "0.036")
    assert rows["silent"]["Attempts"] == "test.cheap NOANSWER 19"
    with Session(engine) as session:
        assert session.scalars(select(AuditEntry.act)).all().count("calls.exported") == 1
    refused = run("calls", "export", str(file))
    assert refused.exit_code == 1
    assert "exists already" in refused.output


def test_verify_finds_a_wrong_rollup(world: World, engine: Engine) -> None:
    assert world
    good("calls", "rollup")
    assert run("verify").exit_code == 0
    with Session(engine) as session, session.begin():
        session.execute(update(CallDay).values(answered=0))
    told = run("verify", "--json")
    assert told.exit_code == 1
    assert {breach["invariant"][:3] for breach in json.loads(told.stdout)["breaches"]} == {"I14"}


def test_what_no_sum_knows_is_read_within_a_limit_of_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day that was begun is ended, and what is not read is said."""
    world.session.execute(
        update(CallRecord).where(CallRecord.call_id == "silent").values(placed_at=NOW - timedelta(days=1))
    )
    world.session.commit()
    asked = ("calls", "report", "--by", "series,destination,carrier", *PERIOD, "--seconds", "1")
    assert len(good(*asked)["rows"]) == 3
    moments = count(step=10)
    monkeypatch.setattr(calls_report.time, "monotonic", lambda: float(next(moments)))
    late = run(*asked)
    assert late.exit_code == 1
    assert "After 1 seconds 1 of 2 days are read" in " ".join(late.output.split())
    assert "--seconds" in late.output
