"""`callingcard guard` and `callingcard audit`: what an operator sees of an attack, undoes, and proves afterwards."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from factories import ACCESS, KEYS, World, a_world
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from command_line.__main__ import main
from models import GuardBudget
from models.database import make_engine
from services.audit.audit import Act, Actor, Door, note
from services.calls.identify_card import identify_card
from services.guard.guard_entry import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from databases import SqliteDatabases

PHONE, WRONG_PIN = "15550101", "000000000000"
FORMULA = '=HYPERLINK("http://bad","x")'


@pytest.fixture
def world(sqlite_databases: SqliteDatabases, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An installation on which PHONE keyed five wrong PINs for the first card just now."""
    url = sqlite_databases.create()
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", url)
    engine = make_engine(url, pool_size=2)
    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        for _ in range(5):
            number, _ = world.keyed()
            identify_card(session, KEYS, world.access(), number, WRONG_PIN, datetime.now(UTC), Caller(PHONE, "gateway"))
        session.commit()
        yield world
    engine.dispose()


def callingcard(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def in_json(*arguments: str) -> object:
    result = callingcard(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def locked() -> set[tuple[str, str]]:
    return {(lock["scope"], lock["subject"]) for lock in in_json("guard", "status")["locks"]}


def test_the_status_shows_locks_budgets_and_alarms(world: World) -> None:
    """V-25, V-34."""
    number, _ = world.keyed()
    assert locked() == {("caller_id", PHONE), ("card", number)}
    status = in_json("guard", "status")
    [budget] = status["budgets"]
    assert (budget["kind"], budget["secret_length"], budget["failures"]) == ("number_and_pin", 12, 5)
    assert status["alarms"] == []
    assert PHONE in callingcard("guard", "status").output


def test_wrong_entries_are_listed_without_what_was_keyed(world: World) -> None:
    number, _ = world.keyed()
    entries = in_json("guard", "failures", "--caller-id", PHONE)
    assert len(entries) == 5
    assert {(entry["card"], entry["access_number"], entry["trunk"]) for entry in entries} == {
        (number, ACCESS, "gateway")
    }
    assert WRONG_PIN not in json.dumps(entries)
    assert in_json("guard", "failures", "--kind", "voucher") == []
    assert len(in_json("guard", "failures", "--card", world.cards[0].number, "--newest", "2")) == 2


def test_unlocking_is_audited(world: World) -> None:
    """V-25."""
    number, pin = world.keyed()
    assert callingcard("guard", "unlock", "--caller-id", PHONE, "--reason", "called us").exit_code == 0
    assert callingcard("guard", "unlock", "--card", world.cards[0].number).exit_code == 0
    assert locked() == set()
    entries = in_json("audit", "list", "--act", "guard.unlock")
    assert [(entry["object_kind"], entry["object_id"], entry["reason"]) for entry in entries] == [
        ("card", str(world.cards[0].card_id), None),
        ("caller_id", PHONE, "called us"),
    ]
    assert pin not in json.dumps(entries)
    again = callingcard("guard", "unlock", "--card", number)
    assert (again.exit_code, "Nothing is held against" in again.output) == (1, True)


def test_exactly_one_thing_is_unlocked_at_a_time(world: World) -> None:
    assert callingcard("guard", "unlock").exit_code == 2
    assert callingcard("guard", "unlock", "--caller-id", PHONE, "--card", world.keyed()[0]).exit_code == 2
    assert callingcard("guard", "unlock", "--withheld", ACCESS).exit_code == 1
    assert callingcard("guard", "unlock", "--access-number", ACCESS).exit_code == 0


@pytest.mark.usefixtures("world")
def test_pruning_tells_what_it_would_remove() -> None:
    assert in_json("guard", "prune", "--dry-run") == {"counters": 0, "failed_entries": 0, "budgets": 0}
    assert callingcard("guard", "prune").output == "Removed 0 counters, 0 wrong entries and 0 budgets.\n"


def test_the_audit_log_is_proved_and_a_forgery_is_found(world: World) -> None:
    callingcard("guard", "unlock", "--caller-id", PHONE)
    assert in_json("audit", "verify") == {"clean": True, "broken": []}
    assert callingcard("verify").exit_code == 0
    world.session.execute(text("DROP TRIGGER audit_entry_no_update"))
    world.session.execute(text("UPDATE audit_entry SET actor = 'someone else'"))
    world.session.commit()
    result = callingcard("audit", "verify")
    assert (result.exit_code, "audit entry 1 was changed" in result.output) == (1, True)
    assert "I13 the audit log is whole" in callingcard("verify").output


def test_a_budget_spent_in_silence_is_found_by_verify(world: World) -> None:
    world.session.execute(update(GuardBudget).values(failures=GuardBudget.allowed))
    world.session.commit()
    assert "I14 a budget half spent raised its alarm" in callingcard("verify").output


def test_an_export_runs_no_formula_and_keeps_the_dates_asked_for(world: World, tmp_path: Path) -> None:
    """F30, reliability.md 15."""
    for day in (1, 2, 3):
        act = Act("card.note", "card", "1", None, {"note": FORMULA}, FORMULA)
        note(world.session, Actor("+alice", Door.CONSOLE), act, datetime(2026, 3, day, tzinfo=UTC))
    world.session.commit()
    file = tmp_path / "audit.csv"
    result = callingcard("audit", "export", "--since", "2026-03-02", "--until", "2026-03-03", "--csv", str(file))
    assert result.exit_code == 0, result.output
    with file.open(newline="") as lines:
        [entry] = csv.DictReader(lines)
    assert (entry["number"], entry["actor"], entry["reason"]) == ("2", "'+alice", f"'{FORMULA}")
    assert json.loads(entry["after"]) == {"note": FORMULA}
    assert callingcard("audit", "export", "--csv", str(file)).exit_code == 1
    assert callingcard("audit", "export", "--csv", "-").output.count("card.note") == 3
