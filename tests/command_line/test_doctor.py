"""callingcard doctor: each part is broken as life breaks it, and the doctor names the failure and its cure."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from command_line.__main__ import main
from command_line.installation import now
from command_line.looks import machine
from models.database import make_engine
from services.audit.audit import Actor, Door
from services.live.note_sighting import note_lost, note_sighting
from services.live.sighting import Sighting
from services.money.note_verification import note_verification
from tests.fastagi.fake_asterisk import answers, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WORKER = Actor("worker", Door.JOB)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose watcher and worker have just been at work."""
    state = tmp_path / "state"
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(state))
    monkeypatch.setenv("CALLINGCARD_FASTAGI_PORT", "1")
    monkeypatch.chdir(tmp_path)
    assert run("init").exit_code == 0
    change(state, lambda session: note_sighting(session, Sighting("north", 500, [], frozenset(), 3)))
    change(state, lambda session: note_verification(session, 0, 4, WORKER, now()))
    return state


def change(state: Path, work: Callable[[Session], object]) -> None:
    engine = make_engine(f"sqlite:///{state / 'callingcard.sqlite'}", pool_size=1)
    with Session(engine, autoflush=False) as session, session.begin():
        work(session)
    engine.dispose()


def said(what: str) -> tuple[str, str]:
    """State and cure; the exit status says that something is ill."""
    result = run("doctor", "--json")
    told = {one["what"]: one for one in json.loads(result.output)}
    assert (result.exit_code == 1) is any(one["cure"] for one in told.values())
    return told[what]["state"], told[what]["cure"]


@pytest.mark.parametrize("what", ["disk", "keys of PINs", "database", "ledger", "watcher", "worker", "spool"])
def test_what_is_well_has_no_cure(state: Path, what: str) -> None:
    assert state.is_dir()
    assert said(what)[1] == ""


def test_people_read_each_failure_with_its_cure_below(state: Path) -> None:
    (state / "keys.json").unlink()
    shown = run("doctor").output
    assert f"ill    keys of PINs: {state / 'keys.json'} does not exist" in shown
    assert "-> Run callingcard init, or restore it from a backup" in shown


def test_keys_that_others_may_read_or_that_are_damaged(state: Path) -> None:
    keys = state / "keys.json"
    keys.chmod(0o644)
    assert said("keys of PINs") == (f"{keys} can be read by others", f"Run chmod 600 {keys}")
    keys.chmod(0o600)
    keys.write_text("{")
    assert said("keys of PINs")[0] == f"{keys} is damaged"


def test_a_disk_that_fills_up(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F8: told before it is full."""
    monkeypatch.setattr(machine, "FREE_BYTES_MIN", shutil.disk_usage(state).total + 1)
    assert said("disk")[1] == "Free some, or move CALLINGCARD_STATE_DIR: with a full disk no call is taken"


def test_no_database_yet(state: Path) -> None:
    (state / "callingcard.sqlite").unlink()
    assert said("database") == (f"There is no database in {state} yet.", "callingcard init --demo")
    assert said("ledger") == ("not known without the database", "See the database above")


def test_a_database_of_another_release(state: Path) -> None:
    change(state, lambda session: session.execute(text("UPDATE alembic_version SET version_num = '0001'")))
    assert said("database") == ("The database is not at this release's schema.", "callingcard init")


def test_a_database_that_is_no_database(state: Path) -> None:
    (state / "callingcard.sqlite").write_bytes(b"not a database at all" * 100)
    state_told, cure = said("database")
    assert state_told.startswith("The database is damaged: ")
    assert cure == "Put the last backup into its place: callingcard restore FILE"


def test_a_database_server_that_is_away(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state.is_dir()
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", "postgresql+psycopg://nobody:hidden-word@127.0.0.1:1/none")
    told, cure = said("database")
    assert told.startswith("The database does not answer: ")
    assert cure == "Start it, or correct CALLINGCARD_DATABASE_URL"
    assert "hidden-word" not in told


def test_a_broken_ledger_by_the_last_proof_and_by_an_own_one(state: Path) -> None:
    cure = "callingcard verify shows the evidence; change nothing by hand: docs/reliability.md tells what next"
    change(state, lambda session: note_verification(session, 2, 4, WORKER, now()))
    assert said("ledger") == ("2 broken invariants", cure)
    change(state, lambda session: session.execute(text("DELETE FROM job")))
    assert said("ledger") == ("verifies, proved just now", "")
    change(state, lambda session: session.execute(text("DROP TRIGGER ledger_entry_no_update")))
    assert said("ledger") == ("1 broken invariants", cure)


def test_no_watcher_a_lost_asterisk_and_calls_to_look_at(state: Path) -> None:
    change(state, lambda session: note_lost(session, "north", "connection refused"))
    told, cure = said("watcher")
    assert told.endswith("connection refused")
    assert cure == "Start that Asterisk, or correct its table in CALLINGCARD_ASTERISKS_FILE"
    change(state, lambda session: session.execute(text("DELETE FROM asterisk")))
    no_watcher = ("no watcher runs: a settlement that gets lost is not repaired", "callingcard watch")
    assert said("watcher") == no_watcher


def test_a_worker_that_does_not_work(state: Path) -> None:
    change(state, lambda session: session.execute(text("DELETE FROM job")))
    told = "it has not proved the ledger yet: fees, expiry and ordered cards wait too"
    assert said("worker") == (told, "callingcard worker")
    long_ago = now() - timedelta(hours=3)
    change(state, lambda session: note_verification(session, 0, 4, WORKER, long_ago))
    assert said("worker")[1] == "callingcard worker"


def test_prompts_that_are_missing(state: Path) -> None:
    assert state.is_dir()
    assert said("prompts")[1] == "callingcard prompts build"


def test_settlements_that_wait_or_were_put_aside(state: Path) -> None:
    spool = state / "platform" / "spool" / "unsettled"
    spool.mkdir(parents=True)
    (spool / "one.txt").write_text("line\n")
    waits = "Start the call server or the watcher: it settles them within seconds"
    assert said("spool") == ("1 settlements wait", waits)
    (spool / "refused").mkdir()
    (spool / "one.txt").rename(spool / "refused" / "one.txt")
    assert said("spool")[1].startswith(f"Read them in {spool / 'refused'}")


def test_asterisk_that_is_not_there(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLINGCARD_ASTERISK_ROOT", str(state / "nowhere"))
    assert said("Asterisk")[1] == "callingcard asterisk fetch"


def test_control_ports_that_are_wrong_or_silent(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said("Asterisk's AMI")[1] == "callingcard up, or correct CALLINGCARD_ASTERISKS_FILE"
    file = state / "asterisks.toml"
    file.write_text('[north]\nport = 1\nwatcher_secret = "a"\nconsole_secret = "hidden-word"\n')
    file.chmod(0o600)
    monkeypatch.setenv("CALLINGCARD_ASTERISKS_FILE", str(file))
    told, cure = said("Asterisk's AMI")
    assert told.startswith("north on 127.0.0.1:1: unreachable")
    assert cure == "callingcard up, or start that Asterisk"
    assert "hidden-word" not in told
    file.write_text("[north]\nprot = 1\n")
    assert "has unknown keys: prot" in said("Asterisk's AMI")[0]


@pytest.fixture
def neighbour(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], None]]:
    """Another program on FastAGI's port; it answers these bytes to whoever connects."""
    listener = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setenv("CALLINGCARD_FASTAGI_PORT", str(listener.getsockname()[1]))

    def serve(answer: bytes) -> None:
        def answer_one() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(answer)
                connection.recv(100)

        threading.Thread(target=answer_one, daemon=True).start()

    yield serve
    listener.close()


def test_a_call_server_that_is_not_there_or_is_another_program(state: Path, request: pytest.FixtureRequest) -> None:
    assert state.is_dir()
    assert said("FastAGI") == ("does not listen on 127.0.0.1:1", "callingcard up, or callingcard fastagi")
    request.getfixturevalue("neighbour")(b"SSH-2.0\r\n")
    told, cure = said("FastAGI")
    assert told.startswith("another program answers on ")
    assert cure == "Stop it, or set CALLINGCARD_FASTAGI_PORT here and there"


def test_a_call_server_that_listens_and_tells_nothing(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state.is_dir()

    async def beside_a_server() -> None:
        async with serving(answers) as (_, port):
            monkeypatch.setenv("CALLINGCARD_FASTAGI_PORT", str(port))
            with capture_logs():  # the server's lines would stand in the doctor's document
                told = await asyncio.to_thread(said, "FastAGI")
            assert told == (f"listens on 127.0.0.1:{port}", "")
            monkeypatch.setenv("CALLINGCARD_FASTAGI_OBSERVE_PORT", "1")
            with capture_logs():
                told, cure = await asyncio.to_thread(said, "FastAGI")
            assert told == f"listens on 127.0.0.1:{port} and tells nothing on port 1"
            assert cure == "Start it again: it reads CALLINGCARD_FASTAGI_OBSERVE_PORT when it starts"

    asyncio.run(beside_a_server())


def test_a_setting_that_is_wrong_is_told_with_its_name(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state.is_dir()
    monkeypatch.setenv("CALLINGCARD_TIMEZONE", "Vilnius")
    result = run("doctor")
    assert result.exit_code == 1
    assert "CALLINGCARD_TIMEZONE" in result.output
    assert "Correct it in the environment or in .env" in result.output
