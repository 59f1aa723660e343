"""A disk that is full for SQLite, in mid-call and in mid-job: no write of the process comes through for a while."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from databases import free_port
from failover import WAIT_SECONDS_MAX, LongTalker, Truth, entries, open_holds, wait_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from command_line.demo.processes import Service
from models import CallRecord, Hold, Voucher
from models.database import make_engine
from services.demo.demo_data import ACCESS_NUMBER_AND_PIN, create_demo
from services.keys.pin_keys import create_pin_keys
from services.money.verify_ledger import verify_ledger
from services.store.migrate import upgrade
from simulator.asterisk import CallFrom, place_call
from simulator.call_log import CallEnd
from simulator.carriers import parse_outcomes
from simulator.handset import ScriptedHandset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from services.series.create_series import NewCard

pytestmark = pytest.mark.timeout(240)
UNLIMITED = resource.RLIM_INFINITY
JOB_BYTES_MAX = 2_000_000  # of the write-ahead log: some chunks of the batch, and not all
VOUCHERS = 40_000


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path}/callingcard.sqlite", pool_size=1)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def cards(engine: Engine, tmp_path: Path) -> list[NewCard]:
    with Session(engine) as session, session.begin():
        demo = create_demo(session, create_pin_keys(tmp_path / "keys.json"), datetime.now(UTC), 5080)
    return next(list(made.cards) for made in demo if made.series == 3)


def test_a_disk_that_is_full_in_mid_call_refuses_new_ones_and_loses_nothing(
    engine: Engine, cards: list[NewCard], tmp_path: Path
) -> None:
    """F8: the call that talks is charged when there is room again, by its line in the spool; nobody talks for free."""
    spool, port, truth, may_end = tmp_path / "spool", free_port(), Truth(), threading.Event()
    spool.mkdir()
    environment = {"CALLINGCARD_STATE_DIR": str(tmp_path), "CALLINGCARD_DATABASE_URL": ""}
    environment |= {"CALLINGCARD_FASTAGI_PORT": str(port), "CALLINGCARD_SPOOL_DIR": str(spool)}
    server = Service("FastAGI", "fastagi", tmp_path / "log", environment)
    server.wait_for_port("127.0.0.1", port)

    def call(handset: ScriptedHandset) -> CallEnd:
        caller = CallFrom(ACCESS_NUMBER_AND_PIN, "37060000001", spool_folder=spool)
        placed = place_call(("127.0.0.1", port), caller, handset)
        truth.add(placed, 0)
        return placed.end

    talker = LongTalker(entries(cards[0]), parse_outcomes("answer:600"), may_end)
    thread = threading.Thread(target=call, args=(talker,))
    thread.start()
    assert talker.talks.wait(WAIT_SECONDS_MAX)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, UNLIMITED))
    assert call(ScriptedHandset(entries(cards[1]), parse_outcomes("answer:5"))) is CallEnd.SERVICE_UNAVAILABLE
    may_end.set()
    thread.join(WAIT_SECONDS_MAX)
    with Session(engine) as session:
        assert session.scalars(select(Hold.state)).all() == ["open"]
        assert session.scalars(select(func.count()).select_from(CallRecord)).one() == 0
    assert set(truth.talk_ms) < {file.stem for file in spool.glob("*.txt")}  # and that of the caller who was refused

    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))
    wait_for(lambda: not open_holds(engine), "the settlement of the call that talked")
    assert call(ScriptedHandset(entries(cards[1]), parse_outcomes("answer:5"))) is CallEnd.HUNG_UP
    server.stop()
    with Session(engine) as session:
        charged = session.execute(select(CallRecord.talk_seconds, CallRecord.cost_micros, CallRecord.settled_by)).all()
        assert sorted(charged)[1:] == [(600, 600_000, "spool")]
        assert min(charged)[:2] == (5, 5_000)
        assert verify_ledger(session) == []


def test_a_job_that_meets_a_full_disk_says_so_keeps_what_it_made_and_goes_on_later(
    engine: Engine, cards: list[NewCard], tmp_path: Path
) -> None:
    """F8: exit status 1 and a sentence; the same command afterwards makes the rest."""
    assert cards
    stopped = make_vouchers(tmp_path, JOB_BYTES_MAX)
    assert stopped.returncode == 1, stopped.stderr
    assert "The disk of the database is full, or takes no writes: " in stopped.stderr
    assert "Make room, then run the same again" in stopped.stderr
    with Session(engine) as session:
        made = session.scalars(select(func.count()).select_from(Voucher)).one()
        assert made < VOUCHERS
        assert verify_ledger(session) == []
    done = make_vouchers(tmp_path, UNLIMITED)
    assert done.returncode == 0, done.stderr
    with Session(engine) as session:
        assert session.scalars(select(func.count(Voucher.code_digest.distinct()))).one() == VOUCHERS


def make_vouchers(state: Path, bytes_max: int) -> subprocess.CompletedProcess[str]:
    arguments = ["voucher", "make", "Shop", "--quantity", str(VOUCHERS), "--value", "5", "--currency", "USD"]
    return subprocess.run(
        [sys.executable, "-m", "command_line", *arguments],
        env={"CALLINGCARD_STATE_DIR": str(state), "PATH": "/usr/bin:/bin"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, UNLIMITED)),
        capture_output=True,
        text=True,
        check=False,
    )
