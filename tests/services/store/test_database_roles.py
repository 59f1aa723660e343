"""Each program by its own role on a real PostgreSQL: what it may, and what the database refuses it."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from databases import Cluster, as_role, started_cluster
from factories import a_world
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from command_line import fees, worker
from command_line.__main__ import main
from command_line.doctor_hosts import look_at_hosts
from models import Base
from models.database import make_engine, make_read_engine
from services.money.file_entries import are_entries_filed
from services.money.note_verification import last_verification
from services.money.verify_ledger import verify_ledger
from services.store.backup import back_up, restore
from services.store.database_rights import (
    OPERATORS,
    SESSIONS,
    UNSEEN_BY_HOLDERS,
    WRITTEN_BY_CALLS,
    WRITTEN_BY_HOLDERS,
    Program,
    grants,
)
from services.store.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgresql_databases import PostgresqlDatabases

pytestmark = pytest.mark.postgresql
DENIED = "permission denied"
FORBIDDEN = {
    Program.IVR: (
        "UPDATE ledger_entry SET series_id = 1",
        "UPDATE ledger_entry SET amount_micros = 1",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        "INSERT INTO wallet (kind, currency, opening_micros) VALUES ('card', 'USD', 1)",
        "DELETE FROM wallet",
        "DELETE FROM card",
        "SELECT pin_encrypted FROM card",
        "SELECT code_encrypted FROM voucher",
        "SELECT password_hash FROM operator",
        "INSERT INTO operator_session (token_digest) VALUES ('')",
        "UPDATE rate SET price_per_minute_micros = 0",
        "INSERT INTO audit_entry (number) VALUES (1)",
        "DROP TRIGGER ledger_entry_no_update ON ledger_entry",
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
        "CREATE TABLE mine (x int)",
    ),
    Program.CONSOLE: (
        "UPDATE ledger_entry SET series_id = 1",
        "UPDATE ledger_entry SET amount_micros = 1",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        "UPDATE audit_entry SET actor = 'nobody'",
        "DELETE FROM audit_entry",
        "DELETE FROM call_record",
        "DELETE FROM wallet",
        "DELETE FROM hold",
        "UPDATE alembic_version SET version_num = '0001'",
        "DROP TRIGGER ledger_entry_no_update ON ledger_entry",
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
        "CREATE TABLE mine (x int)",
    ),
    Program.WORKER: (
        "UPDATE ledger_entry SET amount_micros = 1",
        "DELETE FROM ledger_entry",
        "DELETE FROM audit_entry",
        "DELETE FROM wallet",
        "DELETE FROM call_record",
        "SELECT token_digest FROM operator_session",
        "UPDATE operator SET password_hash = ''",
        "UPDATE operator_passkey SET sign_count = 0",
        "SELECT challenge FROM operator_challenge",
        "INSERT INTO operator (name) VALUES ('mallory')",
        "UPDATE card_group SET pinless_allowed = true",
        "DELETE FROM access_number",
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
        "CREATE TABLE mine (x int)",
    ),
    Program.PORTAL: (
        "UPDATE ledger_entry SET amount_micros = 1",
        "INSERT INTO wallet (kind, currency, opening_micros) VALUES ('card', 'USD', 1)",
        "INSERT INTO caller_id_binding (caller_id) VALUES ('1')",
        "UPDATE hold SET amount_micros = 0",
        "UPDATE card_series SET portal_login = true",
        "UPDATE rate SET price_per_minute_micros = 0",
        "DELETE FROM failed_entry",
        "SELECT pin_encrypted FROM card",
        "SELECT code_encrypted FROM voucher",
        "SELECT password_hash FROM operator",
        "SELECT actor FROM audit_entry",
        "CREATE TABLE mine (x int)",
    ),
    Program.VERIFIER: (
        "INSERT INTO ledger_entry (amount_micros) VALUES (1)",
        "UPDATE wallet SET held_micros = 0",
        "DELETE FROM hold",
        "SELECT pin_encrypted FROM card",
        "SELECT password_sealed FROM account",
        "SELECT password_hash FROM operator",
        "SELECT nextval('ledger_entry_id_seq')",
    ),
}


@pytest.fixture
def url(postgresql_databases: PostgresqlDatabases) -> Iterator[str]:
    url = postgresql_databases.create()
    yield url
    postgresql_databases.drop(url)


@pytest.mark.parametrize(
    ("program", "statement"), [(program, each) for program, statements in FORBIDDEN.items() for each in statements]
)
def test_postgresql_itself_refuses_what_a_program_never_does(url: str, program: Program, statement: str) -> None:
    """I8, by rights and not only by the trigger. The verifier is refused even where it leaves its read-only mode."""
    engine = make_engine(as_role(url, program), pool_size=1)
    with engine.connect() as connection:
        connection.execute(text("SET TRANSACTION READ WRITE"))
        with pytest.raises(DBAPIError, match=f"{DENIED}|must be owner"):
            connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize("program", [Program.IVR, Program.CONSOLE, Program.WORKER, Program.PORTAL])
def test_whoever_writes_money_adds_to_the_ledger_and_can_never_rewrite_it(program: Program) -> None:
    rights = {grant.table: grant.rights for grant in grants(program)}
    filing = ("UPDATE (series_id, other_series_id)",) if program is Program.WORKER else ()
    assert rights["ledger_entry"] == ("SELECT", "INSERT", *filing)


def test_every_table_is_thought_of() -> None:
    """A new table is read by all and written by the console; what calls write is named, and exists."""
    assert set(WRITTEN_BY_CALLS) | set(WRITTEN_BY_HOLDERS) <= set(Base.metadata.tables)
    hidden = {Program.CONSOLE: frozenset[str](), Program.WORKER: SESSIONS, Program.PORTAL: UNSEEN_BY_HOLDERS}
    for program in Program:
        named = {grant.table for grant in grants(program)} - {"alembic_version"}
        assert named == set(Base.metadata.tables) - hidden.get(program, OPERATORS | SESSIONS)


def test_the_verifier_proves_the_ledger_and_cannot_touch_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine(url, pool_size=1)
    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        world.call("call-1")
        session.commit()
        monkeypatch.setenv("CALLINGCARD_DATABASE_URL", as_role(url, Program.VERIFIER))
        told = CliRunner().invoke(main, ["verify", "--json"])
        assert (told.exit_code, json.loads(told.output)["clean"]) == (0, True), told.output
        session.execute(text("UPDATE wallet SET held_micros = held_micros - 1 WHERE held_micros > 0"))
        session.commit()
        broken = CliRunner().invoke(main, ["verify", "--json"])
        assert (broken.exit_code, json.loads(broken.output)["clean"]) == (1, False)
    engine.dispose()


def test_the_command_line_works_by_the_consoles_role(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bulk copies, sequences, jobs, locks and the audit log: each needs a right of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", url)
    made("init", "--demo")
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", as_role(url, Program.CONSOLE))
    made("voucher", "make", "Shop", "--quantity", "20", "--value", "5", "--currency", "USD")
    made("card", "adjust", "1-005668240", "--add", "2", "--reason", "goodwill")
    made("card", "block", "1-005668240", "--reason", "lost", "--end-calls", "--yes")
    made("keys", "rotate", "--yes")
    monkeypatch.setattr(fees, "set_up_logs", lambda: None)  # this process is that of other tests, too
    for job in ("run", "expire", "lapse"):
        made("fees", job)
    made("calls", "rollup")
    made("guard", "prune")
    made("verify")
    engine = make_read_engine(url)
    with Session(engine) as session:
        assert verify_ledger(session) == []
    engine.dispose()


def test_every_job_of_the_worker_runs_by_its_own_role(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fees, expiry, lapse, sweeping, proof and reports; its last proof is noted, which is a write to the audit log."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", url)
    made("init", "--demo")
    made("card", "adjust", "1-005668240", "--add", "2", "--reason", "goodwill")
    engine = make_engine(url, pool_size=1)
    with Session(engine) as session, session.begin():  # as an older release booked it
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE ledger_entry SET series_id = NULL"))
        assert not are_entries_filed(session)
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", as_role(url, Program.WORKER))
    monkeypatch.setattr(worker, "set_up_logs", lambda: None)  # this process is that of other tests, too
    monkeypatch.setattr(worker, "leave_no_core", lambda: None)
    made("worker", "--once")
    with Session(engine) as session:
        assert last_verification(session) is not None
        assert verify_ledger(session) == []
        assert are_entries_filed(session)
    engine.dispose()


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """Without roles yet: these belong to a whole server."""
    yield from started_cluster()


def test_the_roles_are_made_by_one_command_with_passwords_nobody_else_sees(
    own_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = own_cluster.create_database()
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", url)
    assert "callingcard init" in run("database", "roles").output
    made("init", "--demo")
    planned = made("database", "roles", "--dry-run")
    assert 'CREATE ROLE "callingcard_ivr" LOGIN;' in planned.output
    assert own_cluster.ask("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'callingcard_%'") == "0"

    made("database", "roles", "--passwords", "urls")
    assert stat.S_IMODE((tmp_path / "urls").stat().st_mode) == 0o600
    lines = [line for line in (tmp_path / "urls").read_text().splitlines() if not line.startswith("#")]
    assert [line.partition("://")[2].partition(":")[0] for line in lines] == [
        f"callingcard_{program.value}" for program in Program
    ]
    kept = own_cluster.ask("SELECT min(left(rolpassword, 13)) FROM pg_authid WHERE rolname LIKE 'callingcard_%'")
    assert kept == "SCRAM-SHA-256"
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", lines[2].removeprefix("CALLINGCARD_DATABASE_URL="))
    made("verify")
    looked = look_at_hosts(Settings(_env_file=None))
    assert (looked.state, looked.cure) == (f"127.0.0.1:{own_cluster.port} writable", "")  # though this role only reads

    ivr = as_role(url, Program.IVR)
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", ivr)
    refused = run("database", "roles")
    assert refused.exit_code == 1
    assert "Run it as callingcard with the right CREATEROLE, or as a superuser" in refused.output
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", url)
    assert "urls exists already" in run("database", "roles", "--passwords", "urls").output
    again = made("database", "roles", "--json")
    assert [row["is_new"] for row in json.loads(again.output)["roles"]] == [False] * len(Program)


def test_new_tables_and_restored_ones_get_their_rights_by_themselves(
    own_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a migration by init; after a restore, also where these roles never were."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path / "state"))
    url = own_cluster.create_database()
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", url)
    made("init", "--demo")
    made("database", "roles")
    own_cluster_owner = make_engine(url, pool_size=1)
    with own_cluster_owner.begin() as connection:
        connection.execute(text("REVOKE ALL ON wallet FROM callingcard_verifier"))
    own_cluster_owner.dispose()
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", as_role(url, Program.VERIFIER))
    assert f"may not do this: {DENIED} for table wallet" in run("verify").output
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", url)
    made("init")
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", as_role(url, Program.VERIFIER))
    made("verify")

    back_up(url, tmp_path / "copy")
    for elsewhere in started_cluster():
        restore(elsewhere.create_database(), tmp_path / "copy")


def test_sqlite_has_no_roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", f"sqlite:///{tmp_path}/cards.sqlite")
    told = run("database", "roles")
    assert (told.exit_code, "SQLite has no roles" in told.output) == (1, True)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def made(*arguments: str) -> Result:
    done = run(*arguments)
    assert done.exit_code == 0, f"{arguments}: {done.output} {done.exception}"
    return done
