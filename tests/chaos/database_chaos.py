"""Random SIGKILLs at database speed: processes place and settle calls on the real use cases and are killed anywhere.

A file outside the database is the truth, in Asterisk's place: a line for each call that was dialled, written before it
is settled. After each round of kills one reconciliation repairs what was lost; in the end everything is compared.

Run: PYTHONPATH=.:tests python tests/chaos/database_chaos.py [KILLS [SEED]] (both databases; 10,000 kills take about a
quarter of an hour each).
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from factories import NOW, TALK_BEGINS_MS, World, a_world, answered, not_answered
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from billing.judge_call import Reach
from fastagi.transient_errors import is_transient
from models import CallRecord, Hold, Wallet
from models.database import make_engine
from services.calls.authorise_call import Authorised
from services.calls.quote_call import Quote
from services.calls.settle_call import settle_call
from services.live.open_holds import OpenCall, open_holds
from services.live.reconcile_call import LoggedLeg, reconcile_call
from services.money.verify_ledger import verify_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Engine

    from services.calls.call_record import Settlement

WORKERS = 4
CARDS = 8
KILL_AFTER_SECONDS = (0.005, 0.12)
KILLS_A_ROUND = 40  # the dead leave holds: before each card has as many as it may, they are reconciled
TALK_MS_MAX = 90_000
MICROS_A_SECOND = 1_000
TOLD_EVERY = 1_000
UNANSWERED_SHARE, TWICE_SHARE = 0.2, 0.2
TRUTH_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT
SETTINGS = {"group": {"calls_max": 3}, "series": {"face_value_micros": 5_000_000_000, "quantity": CARDS}}


@dataclass(frozen=True)
class Worker:
    """A process, and where it says that it is at work."""

    process: int
    is_at_work: int


@dataclass
class Report:
    """`findings` is empty when not a micro was lost, invented or charged twice."""

    kills: int = 0
    calls: int = 0
    orphans: int = 0
    seconds: float = 0
    findings: list[str] = field(default_factory=list)


def chaos(
    url: str,
    folder: Path,
    kills: int,
    seed: int,
    plant: Callable[[], None] | None = None,
    tell: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Kill and reconcile in rounds, then compare. `plant` puts a bug into the processes that work, never into the
    comparison; `tell` hears of each round.
    """
    folder.mkdir(parents=True, exist_ok=True)
    engine = make_engine(url, pool_size=2)
    world = _furnish(engine, folder)
    begun = time.monotonic()
    dice = random.Random(seed)
    report = Report()
    while report.kills < kills:
        report.kills += _round(engine, folder, world, dice, min(KILLS_A_ROUND, kills - report.kills), plant)
        truth = _truth(folder)
        report.orphans += reconcile_once(engine, truth)
        report.calls, report.seconds = len(truth), time.monotonic() - begun
        engine.dispose()  # no connection is open at a fork
        tell(report)
    report.findings = [*_errors(folder), *_compare(engine, _truth(folder))]
    engine.dispose()
    return report


def _round(
    engine: Engine, folder: Path, world: World, dice: random.Random, kills: int, plant: Callable[[], None] | None
) -> int:
    """All who worked are dead at its end; how many were killed in the midst of the work of the others."""
    workers = [_fork(engine, folder, world, dice.getrandbits(32), plant) for _ in range(WORKERS)]
    for _ in range(kills):
        place = dice.randrange(WORKERS)
        os.read(workers[place].is_at_work, 1)  # it has its connection: from here on a kill may meet anything
        time.sleep(dice.uniform(*KILL_AFTER_SECONDS))
        _kill(workers[place])
        workers[place] = _fork(engine, folder, world, dice.getrandbits(32), plant)
    for worker in workers:
        _kill(worker)
    return kills


def reconcile_once(engine: Engine, truth: dict[str, int]) -> int:
    """Each open hold by what the truth tells, as the watcher does it from Asterisk's event log."""
    with Session(engine, autoflush=False) as session, session.begin():
        orphans = open_holds(session)
        for hold in orphans:
            talk_ms = truth.get(hold.call_id, 0)
            leg = LoggedLeg("test.cheap", TALK_BEGINS_MS, TALK_BEGINS_MS + talk_ms) if talk_ms else None
            call = OpenCall(hold, None, Reach.GONE, NOW + timedelta(hours=9))
            reconcile_call(session, call, leg, NOW, UTC)
    return len(orphans)


def _furnish(engine: Engine, folder: Path) -> World:
    """The world, and some calls, so that the processes inherit every statement ready to run."""
    with Session(engine, autoflush=False) as session:
        world = a_world(session, **SETTINGS)
        session.commit()
    truth = os.open(folder / "truth", TRUTH_FLAGS)
    dice = random.Random(0)
    for _ in range(10):
        _call(engine, world, dice, truth)
    os.close(truth)
    engine.dispose()  # no connection is open at a fork
    return world


def _fork(engine: Engine, folder: Path, world: World, seed: int, plant: Callable[[], None] | None) -> Worker:
    """A fork is ready at once, where a new Python would read its code for a second."""
    is_at_work, says = os.pipe()
    process = os.fork()
    if process:
        os.close(says)
        return Worker(process, is_at_work)
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if plant is not None:
            plant()
        _work(engine, folder, world, random.Random(seed), says)
    finally:
        os._exit(1)


def _kill(worker: Worker) -> None:
    os.kill(worker.process, signal.SIGKILL)
    os.waitpid(worker.process, 0)
    os.close(worker.is_at_work)


def _work(engine: Engine, folder: Path, world: World, dice: random.Random, says: int) -> None:
    truth, errors = os.open(folder / "truth", TRUTH_FLAGS), os.open(folder / "errors", TRUTH_FLAGS)
    with engine.connect():
        os.write(says, b".")
    while True:
        try:
            _call(engine, world, dice, truth)
        except DBAPIError as error:  # a constraint that stood in the way of a bug
            os.write(errors, f"{type(error.orig).__name__}: {error.orig}".splitlines()[0].encode() + b"\n")


def _call(engine: Engine, world: World, dice: random.Random, truth: int) -> None:
    call_id = str(uuid.UUID(int=dice.getrandbits(128), version=4))
    place = dice.randrange(CARDS)
    placed = _commit(engine, lambda session: _authorise(world.on(session), call_id, place))
    if not placed:
        return
    talk_ms = 0 if dice.random() < UNANSWERED_SHARE else dice.randrange(1, TALK_MS_MAX)
    os.write(truth, f"{call_id} {talk_ms}\n".encode())
    report = answered(call_id, 0, ms=talk_ms) if talk_ms else not_answered(call_id)
    for _ in range(1 + (dice.random() < TWICE_SHARE)):
        _commit(engine, lambda session: _settle(session, report))


def _authorise(world: World, call_id: str, place: int) -> bool:
    quote = world.quote(place=place)
    return isinstance(quote, Quote) and isinstance(world.authorise(call_id, quote), Authorised)


def _settle(session: Session, report: Settlement) -> bool:
    settle_call(session, report, NOW, UTC)
    return True


def _commit(engine: Engine, work: Callable[[Session], bool]) -> bool:
    """As the call server does it: what failed by chance is repeated."""
    while True:
        with Session(engine, autoflush=False) as session:
            try:
                done = work(session)
                session.commit()
            except DBAPIError as error:
                if not is_transient(error):
                    raise
            else:
                return done


def _truth(folder: Path) -> dict[str, int]:
    lines = (folder / "truth").read_text().splitlines() if (folder / "truth").exists() else []
    return {call_id: int(talk_ms) for call_id, talk_ms in map(str.split, lines)}


def _errors(folder: Path) -> list[str]:
    return sorted(set((folder / "errors").read_text().splitlines())) if (folder / "errors").exists() else []


def _compare(engine: Engine, truth: dict[str, int]) -> list[str]:
    with Session(engine, autoflush=False) as session:
        found = [str(breach) for breach in verify_ledger(session)]
        open_left = session.scalars(select(func.count()).select_from(Hold).where(Hold.state == "open")).one()
        records = dict(session.execute(select(CallRecord.call_id, CallRecord.cost_micros)).all())
        card_wallets = select(func.sum(Wallet.opening_micros - Wallet.balance_micros)).where(Wallet.kind == "card")
        gone = session.scalars(card_wallets).one()
    due = {call_id: max(1, ms // 1000) * MICROS_A_SECOND if ms else 0 for call_id, ms in truth.items()}
    if open_left:
        found.append(f"{open_left} holds are open after the reconciliation")
    found += [
        f"call {call_id}: {cost} due, {records.get(call_id)} charged"
        for call_id, cost in due.items()
        if records.get(call_id) != cost
    ]
    found += [
        f"call {call_id}: charged and never dialled" for call_id, cost in records.items() if cost and call_id not in due
    ]
    if gone != sum(due.values()):
        found.append(f"{sum(due.values())} micros are due, {gone} are gone from the cards")
    return found


def _tell(name: str, report: Report) -> None:
    if report.kills % TOLD_EVERY == 0:
        told = f"{name}: {report.kills} kills, {report.calls} calls, {report.orphans} orphans, {report.seconds:.0f} s"
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    from databases import SqliteDatabases, started_cluster  # noqa: PLC0415 (of use only here)
    from postgresql_databases import PostgresqlDatabases  # noqa: PLC0415 (the same)

    kills = int(arguments[0]) if arguments else 10_000
    seed = int(arguments[1]) if len(arguments) > 1 else random.SystemRandom().getrandbits(32)
    clusters = started_cluster()
    folder = Path(os.environ.get("CHAOS_FOLDER", "var/chaos")) / f"{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    is_right = True
    for name, databases in (
        ("sqlite", SqliteDatabases(folder)),
        ("postgresql", PostgresqlDatabases(next(clusters))),
    ):
        report = chaos(databases.create(), folder / name, kills, seed, tell=partial(_tell, name))
        is_right &= not report.findings
        sys.stdout.write(
            f"{name}: {report.kills} kills in {report.seconds:.0f} s, {report.calls} calls, {report.orphans} orphans, "
            f"{len(report.findings)} findings, seed {seed}\n"
        )
        for finding in report.findings[:20]:
            sys.stdout.write(f"  {finding}\n")
    next(clusters, None)
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
