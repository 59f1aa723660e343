"""callingcard fees and worker: what they print, what they write, and that no kill and no second process changes it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from factories import a_world, micros
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from billing.states import CardStatus
from command_line.installation import now
from command_line.job_run import JobDesk, JobEnd, run_job
from command_line.worker import planned_job, work_until
from models import Card, CardSeries, JobLock, LedgerEntry, Wallet
from models.database import make_read_engine
from services.audit.audit import Actor, Door
from services.money.verify_ledger import verify_ledger
from services.series import apply_expiry
from services.series.update_series import update_series
from services.upkeep.card_jobs import EXPIRE, FEES, LAPSE, CardJob
from services.upkeep.job_lock import take_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(__file__).resolve().parents[2]
DAYS = 10
FEE = micros("0.25")
CARDS = 500  # three chunks
MANY = 1_000  # they are sooner expired than charged


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    settings = {"CALLINGCARD_DATABASE_URL": database_url, "CALLINGCARD_STATE_DIR": str(tmp_path)}
    return {**os.environ, **settings}


@pytest.fixture
def cards(engine: Engine) -> int:
    """How many cards are ten days late with a fee of 0.25 a day."""
    return late_cards(engine, 6)


def late_cards(engine: Engine, count: int) -> int:
    series: dict[str, Any] = {"maintenance_fee_micros": FEE, "maintenance_every_hours": 24, "quantity": count}
    with Session(engine, autoflush=False) as session:
        a_world(session, series=series)
        since = datetime.now(UTC) - timedelta(days=DAYS, hours=1)
        session.execute(update(Card).values(status=CardStatus.ACTIVATED, activated_at=since))
        session.commit()
    return count


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "command_line", *words]


def callingcard(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), env=environment, cwd=HOUSE, capture_output=True, text=True, check=False, timeout=60
    )


def ledger(engine: Engine) -> set[tuple[str, int]]:
    with Session(engine) as session:
        query = select(LedgerEntry.reference, LedgerEntry.amount_micros)
        return {(reference, amount) for reference, amount in session.execute(query)}


def all_fees(engine: Engine) -> set[tuple[str, int]]:
    with Session(engine) as session:
        ids = session.scalars(select(Card.id)).all()
    return {(f"card:{card_id}:period:{period}", FEE) for card_id in ids for period in range(1, DAYS + 1)}


def assert_all_booked_once(engine: Engine) -> None:
    assert ledger(engine) == all_fees(engine)
    with Session(engine) as session:
        assert session.scalars(select(func.min(Wallet.balance_micros)).where(Wallet.kind == "card")).one() == micros(
            "2.50"
        )
        assert verify_ledger(session) == []


def fall_silent(engine: Engine) -> None:
    """As if the killed process had been silent for two minutes."""
    with Session(engine) as session:
        session.execute(update(JobLock).values(beat_at=datetime.now(UTC) - timedelta(minutes=2)))
        session.commit()


def test_a_dry_run_tells_and_writes_nothing(engine: Engine, environment: dict[str, str], cards: int) -> None:
    told = callingcard(environment, "fees", "run", "--dry-run", "--json")
    assert told.returncode == 0, told.stderr
    share = {"series": 1, "cards": cards, "currency": "USD", "amount_micros": cards * micros("2.50")}
    assert json.loads(told.stdout) == {
        "job": "fees",
        "dry_run": True,
        "cards": cards,
        "amounts_micros": {"USD": cards * micros("2.50")},
        "series": [share],
    }
    assert ledger(engine) == set()
    with Session(engine) as session:
        assert session.scalars(select(func.max(Card.maintenance_periods_done))).one() == 0
        assert session.scalars(select(JobLock)).all() == []


def test_a_run_books_what_the_dry_run_told_and_leaves_one_log_line(
    engine: Engine, environment: dict[str, str], cards: int
) -> None:
    """JC-37, F24: ten days late."""
    ran = callingcard(environment, "fees", "run")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == f"{cards} cards, 15.00 USD"
    assert ran.stderr.count("\n") == 1
    assert f'event="job ended" job=fees end=done cards={cards} usd_micros=15000000' in ran.stderr
    assert_all_booked_once(engine)
    assert "No card is waiting" in callingcard(environment, "fees", "run").stdout
    assert_all_booked_once(engine)


def test_a_job_that_runs_elsewhere_is_left_alone(engine: Engine, environment: dict[str, str], cards: int) -> None:
    assert cards
    with Session(engine) as session:
        take_lock(session, "fees", "elsewhere:1:abc")
        session.commit()
    ran = callingcard(environment, "fees", "run")
    assert ran.returncode == 3
    assert "elsewhere:1:abc is running this job already." in ran.stdout
    assert ledger(engine) == set()


def test_the_worker_runs_every_job_once(engine: Engine, environment: dict[str, str], cards: int) -> None:
    """Fees, expiry and lapse, in this order: the fees of ten days, then nothing is left."""
    past = datetime.now(UTC) - timedelta(minutes=5)
    with Session(engine) as session:
        session.execute(update(Card).values(expires_at=past, grace_ends_at=past))
        session.commit()
    ran = callingcard(environment, "worker", "--once")
    assert ran.returncode == 0, ran.stderr
    ended = [line.split("job=")[1].split()[0] for line in ran.stderr.splitlines() if "job ended" in line]
    assert ended == ["fees", "expire", "lapse"]
    with Session(engine) as session:
        assert set(session.scalars(select(Card.status))) == {CardStatus.EXPIRED}
        assert set(session.scalars(select(Wallet.balance_micros))) == {0}
        assert len(session.scalars(select(LedgerEntry)).all()) == cards * (DAYS + 1)
        assert verify_ledger(session) == []


def test_a_worker_ends_at_sigterm(engine: Engine, environment: dict[str, str], cards: int) -> None:
    assert cards
    worker = subprocess.Popen(command("worker"), env=environment, cwd=HOUSE, stderr=subprocess.PIPE, text=True)
    assert worker.stderr is not None
    lines: list[str] = []
    while len(lines) < 4:
        lines.append(worker.stderr.readline())
    worker.send_signal(signal.SIGTERM)
    _, rest = worker.communicate(timeout=20)
    assert (worker.returncode, "worker stopped" in rest) == (0, True)
    assert_all_booked_once(engine)


def test_a_run_that_is_killed_anywhere_is_finished_by_the_next(engine: Engine, environment: dict[str, str]) -> None:
    """F24, K: SIGKILL at random points of the run, several times; then one run gives the same ledger."""
    late_cards(engine, CARDS)
    dice = random.Random(45)  # noqa: S311 (the same points at each run of the test)
    killed = 0
    for _ in range(5):
        before = len(ledger(engine))
        job = subprocess.Popen(command("fees", "run"), env=environment, cwd=HOUSE, stderr=subprocess.DEVNULL)
        wait_until_it_works(engine, job, before)
        time.sleep(dice.uniform(0, 0.15))
        job.kill()
        killed += job.wait() == -signal.SIGKILL
        with Session(engine) as session:
            assert verify_ledger(session) == []
        fall_silent(engine)
    assert killed
    assert callingcard(environment, "fees", "run").returncode == 0
    assert_all_booked_once(engine)


@pytest.mark.parametrize("verb", ["expire", "lapse"])
def test_cards_at_the_end_of_their_life_survive_every_kill(
    engine: Engine, environment: dict[str, str], verb: str
) -> None:
    """JC-39, V-14: SIGKILL at random points of expiry and lapse, then one run: each card once, no balance left."""
    late_cards(engine, MANY)
    past = datetime.now(UTC) - timedelta(minutes=5)
    with Session(engine) as session:
        session.execute(update(CardSeries).values(maintenance_fee_micros=0))
        session.execute(update(Card).values(expires_at=past, grace_ends_at=past))
        session.commit()
    dice = random.Random(verb)  # noqa: S311 (the same points at each run of the test)
    killed = 0
    for attempt in range(4):
        job = subprocess.Popen(command("fees", verb), env=environment, cwd=HOUSE, stderr=subprocess.DEVNULL)
        wait_until_it_works(engine, job, len(ledger(engine)))
        time.sleep(dice.uniform(0, 0.1) if attempt else 0)  # at first at once
        job.kill()
        killed += job.wait() == -signal.SIGKILL
        with Session(engine) as session:
            assert verify_ledger(session) == []
        fall_silent(engine)
    assert killed
    assert callingcard(environment, "fees", verb).returncode == 0
    with Session(engine) as session:
        assert set(session.scalars(select(Card.status))) == {CardStatus.EXPIRED}
        lapsed = session.scalars(select(LedgerEntry.amount_micros).where(LedgerEntry.kind == "lapse")).all()
        assert lapsed == ([micros("5.00")] * MANY if verb == "lapse" else [])
        assert verify_ledger(session) == []


def test_a_dry_run_names_the_series_whose_dates_are_not_finished(
    engine: Engine, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run finishes the killed edit first, so no card expires by a date that its series no longer has."""
    monkeypatch.setattr(apply_expiry, "CARDS_AT_ONCE_MAX", 1)
    late_cards(engine, 6)
    now = datetime.now(UTC)
    with Session(engine, autoflush=False) as session, session.begin():
        session.execute(update(CardSeries).values(maintenance_fee_micros=0))
        session.execute(update(Card).values(expires_at=now - timedelta(days=1)))
        series_id = session.scalars(select(CardSeries.id)).one()
        update_series(session, series_id, None, {"expiry_period_days": 365}, Actor("olga", Door.CLI), now, UTC)
    told = json.loads(callingcard(environment, "fees", "expire", "--dry-run", "--json").stdout)
    assert (told["cards"], told["dates_unfinished"]) == (6, [1])
    assert "series 1 are not all written yet" in callingcard(environment, "fees", "expire", "--dry-run").stdout
    assert json.loads(callingcard(environment, "fees", "expire", "--json").stdout)["cards"] == 0
    assert "dates_unfinished" not in callingcard(environment, "fees", "expire", "--dry-run", "--json").stdout


def wait_until_it_works(engine: Engine, job: subprocess.Popen[bytes], before: int) -> None:
    """Until the lock is held by a process that has begun, or something more is booked. Who looks waits for no writer,
    else the work would be done before it is seen.
    """
    reading = make_read_engine(engine.url)
    deadline = time.monotonic() + 20
    while job.poll() is None and time.monotonic() < deadline:
        with Session(reading) as session:
            fresh = datetime.now(UTC) - timedelta(seconds=30)
            begun = session.scalars(select(JobLock.name).where(JobLock.beat_at > fresh)).all()
        if begun or len(ledger(reading)) > before:
            break
        time.sleep(0.002)
    reading.dispose()


def test_processes_at_once_book_each_fee_once(engine: Engine, environment: dict[str, str]) -> None:
    late_cards(engine, CARDS)
    jobs = [
        subprocess.Popen(
            command("fees", "run"), env=environment, cwd=HOUSE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(3)
    ]
    ends = [job.wait(60) for job in jobs]
    assert 0 in ends
    assert set(ends) <= {0, 3}
    assert_all_booked_once(engine)


@contextmanager
def a_desk(engine: Engine, database_url: str) -> Iterator[JobDesk]:
    reader = make_read_engine(database_url)
    yield JobDesk(engine, reader, UTC)
    reader.dispose()


def test_a_run_that_was_taken_over_books_nothing_more(engine: Engine, database_url: str) -> None:
    """Its heartbeat and its chunk are one transaction."""
    late_cards(engine, 250)

    def taken_over(done: int, _total: int) -> None:
        assert done == 200
        with Session(engine) as session:
            session.execute(update(JobLock).values(owner="another"))
            session.commit()

    with a_desk(engine, database_url) as desk:
        run = run_job(desk, FEES, now(), threading.Event(), taken_over)
    assert (run.end, run.step.cards, run.exit_status) == (JobEnd.PARTLY, 200, 3)
    with Session(engine) as session:
        assert session.scalars(select(JobLock.owner)).one() == "another"
        assert verify_ledger(session) == []


def test_a_run_that_is_told_to_stop_finishes_its_chunk(engine: Engine, database_url: str) -> None:
    late_cards(engine, 250)
    stop = threading.Event()
    with a_desk(engine, database_url) as desk:
        run = run_job(desk, FEES, now(), stop, lambda _done, _total: stop.set())
        assert (run.end, run.step.cards) == (JobEnd.STOPPED, 200)
        assert run_job(desk, FEES, now(), threading.Event(), lambda _done, _total: None).step.cards == 50
    assert_all_booked_once(engine)


@pytest.mark.parametrize("job", [EXPIRE, LAPSE], ids=lambda job: job.name)
def test_an_edit_that_was_killed_is_finished_before_a_card_ends_by_its_old_date(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch, job: CardJob
) -> None:
    """JC-58: the series now ends in 2099, but its cards still have a date of the past."""
    old = datetime(2020, 2, 1, tzinfo=UTC)
    monkeypatch.setattr(apply_expiry, "CARDS_AT_ONCE_MAX", 1)
    with Session(engine, autoflush=False) as session:
        world = a_world(session, series={"expiry_date": date(2020, 1, 31)})
        session.execute(update(Card).values(status=CardStatus.ACTIVATED, activated_at=old, expires_at=old))
        actor = Actor("olga", Door.CONSOLE)
        update_series(session, world.series_id, None, {"expiry_date": date(2098, 12, 31)}, actor, now(), UTC)
        session.commit()
    with a_desk(engine, database_url) as desk:
        run = run_job(desk, job, now(), threading.Event(), lambda _done, _total: None)
    assert (run.end, run.step.cards) == (JobEnd.DONE, 0)
    with Session(engine) as session:
        found = {tuple(row) for row in session.execute(select(Card.status, Card.expires_at))}
        assert found == {(CardStatus.ACTIVATED, datetime(2099, 1, 1, tzinfo=UTC))}
        assert apply_expiry.find_expiry_job(session) is None
        assert verify_ledger(session) == []


def test_a_worker_runs_a_job_again_when_it_is_due(engine: Engine, database_url: str) -> None:
    late_cards(engine, 1)
    stop = threading.Event()
    asked: list[datetime] = []

    def following(last: datetime) -> datetime:
        asked.append(last)
        if len(asked) == 3:
            stop.set()
        return last

    with a_desk(engine, database_url) as desk:
        work_until(desk, (planned_job(FEES, following),), stop)
    assert len(asked) == 3
    assert_all_booked_once(engine)
