"""Every list of the console over millions of rows: server time of each page, order, filter and search, for each role.

Run: python -m bench.console_lists [cards] [calls] [rounds] [only]; `only` is what asker and address hold, such as
"support /cards/". Two million cards and five million calls on PostgreSQL take some minutes to make and 8 GB. Each page
is asked through the WSGI application as a browser asks it; its time holds the database, the template and the rights.
CPU is ours and PostgreSQL's; the clock counts what the machine did besides.
"""

import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from statistics import median, quantiles

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from admin_web.app import create_app
from bench.goals import Goal, show_goals, show_table
from bench.list_questions import SEARCHES, lists, pages, places, questions
from bench.list_world import make_list_world
from bench.machine import PostgresqlCpu, keep_result, new_keys, postgresql
from bench.world import fill
from billing.rights import Role
from models.database import make_engine
from services.audit.audit import Actor, Door
from services.operators.save_operator import OperatorRole, create_operator
from services.operators.sessions import open_session
from services.store.settings import Settings
from tests.databases import migrated
from web_base.database import engines

CARDS, CALLS, ROUNDS = 2_000_000, 5_000_000, 3
GOAL_MS = 100
NEAR_MS = GOAL_MS / 2  # of CPU: who takes less is asked once, or some 2,500 questions would take hours
FORBIDDEN = frozenset({403, 404})
# Who asks: the second reseller owns the busy series, the first distributor a fifth of its cards, the other one few.
ASKERS = {
    "owner": OperatorRole(Role.OWNER),
    "support": OperatorRole(Role.SUPPORT),
    "reseller, quiet series": OperatorRole(Role.RESELLER, "reseller 1"),
    "reseller, busy series": OperatorRole(Role.RESELLER, "reseller 2"),
    "distributor, many cards": OperatorRole(Role.DISTRIBUTOR, "distributor 1"),
    "distributor, few cards": OperatorRole(Role.DISTRIBUTOR, "distributor 2"),
}
NEIGHBOUR = re.compile(r'<a rel="(?:prev|next)" href="([^"]+)"')


@dataclass(frozen=True)
class Asked:
    """One question to one list: milliseconds by the clock, one of each round, and of CPU, the mean of all rounds."""

    asker: str
    path: str
    address: str
    clock: tuple[float, ...]
    cpu: float


def main() -> None:
    wanted = [int(word) for word in sys.argv[1:4]]
    cards, calls, rounds = (*wanted, *(CARDS, CALLS, ROUNDS)[len(wanted) :])
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        url = migrated(cluster.create_database())
        fill(url, new_keys(Path(folder)))
        engine = make_engine(url, pool_size=1)
        begun = time.perf_counter()
        make_list_world(engine, cards, calls)
        print(f"{cards} cards and {calls} calls made in {time.perf_counter() - begun:.0f} s", flush=True)
        begun = time.perf_counter()
        asked = ask_all(Path(folder), engine, url, PostgresqlCpu(cluster), rounds, " ".join(sys.argv[4:]))
        engine.dispose()
    show(asked, cards, calls, time.perf_counter() - begun)


def ask_all(folder: Path, engine: Engine, url: str, cpu: PostgresqlCpu, rounds: int, only: str = "") -> list[Asked]:
    """`only`: those whose asker and address hold it."""
    app = create_app(Settings(state_dir=folder, database_url=url, _env_file=None))
    found = []
    for asker, role in ASKERS.items():
        client, begun, before = _signed_in(app, engine, asker, role), time.perf_counter(), len(found)
        for path, address in _addresses(app, engine, is_owner=role.role is Role.OWNER):
            if only in f"{asker} {address}":
                found += _asked(client, cpu, asker, path, address, rounds)
        print(f"{asker}: {len(found) - before} questions in {time.perf_counter() - begun:.0f} s", flush=True)
    for used in engines(app):
        used.dispose()
    return found


def _signed_in(app: Flask, engine: Engine, asker: str, role: OperatorRole) -> FlaskClient:
    now = datetime.now(UTC)
    with Session(engine) as session, session.begin():
        operator = create_operator(session, f"{asker} {now:%H%M%S}", role, Actor("bench", Door.CLI), now)
        token = open_session(session, operator.id, now)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["token"] = token
    return client


def _addresses(app: Flask, engine: Engine, *, is_owner: bool) -> Iterator[tuple[str, str]]:
    """The list, as the application names it, and a question to it. Other pages are asked by the owner only."""
    with engine.connect() as connection:
        sender, idle = connection.execute(text("SELECT MIN(id), MAX(id) FROM account")).one()
    known = {"sender": str(sender), "idle": str(idle)}
    for path, view in lists(app):
        with app.test_request_context():
            asked = questions(view)
        for place in places(path, known):
            yield from ((place, f"{place}?{question}") for question in asked)
    yield from (("/search/", f"/search/?q={text_}") for text_ in SEARCHES["search"])
    if is_owner:
        yield from (("pages that are no lists", page) for page in pages(app))


def _asked(
    client: FlaskClient, cpu: PostgresqlCpu, asker: str, path: str, address: str, rounds: int
) -> Iterator[Asked]:
    """The page, and the next one after a first and before a last page. What an asker may not see is left out."""
    page = client.get(address)
    if page.status_code in FORBIDDEN:
        return
    assert page.status_code in {200, 302, 400}, (asker, address, page.status_code)
    assert page.status_code != 400 or not address.partition("?")[2], (asker, address, page.get_data(as_text=True))
    yield _times(client, cpu, Asked(asker, path, address, (), 0.0), rounds)
    neighbour = NEIGHBOUR.search(page.get_data(as_text=True)) if page.status_code == 200 else None
    if neighbour and "=" not in address.partition("?")[2].replace("last=1", "").replace("all=1", ""):
        yield _times(client, cpu, Asked(asker, path, unescape(neighbour[1]), (), 0.0), rounds)


def _times(client: FlaskClient, cpu: PostgresqlCpu, one: Asked, rounds: int) -> Asked:
    """Milliseconds; it was asked once before, which filled what a served console has filled. More than one round is
    for pages near the goal or above it.
    """
    times: list[float] = []
    before, spent = time.process_time() + cpu(), 0.0
    while len(times) < rounds and sum(times) < 20 * GOAL_MS and spent >= len(times) * NEAR_MS:
        begun = time.perf_counter()
        client.get(one.address)
        times.append((time.perf_counter() - begun) * 1_000)
        spent = (time.process_time() + cpu() - before) * 1_000
    return Asked(one.asker, one.path, one.address, tuple(times), spent / len(times))


def show(asked: list[Asked], cards: int, calls: int, seconds: float) -> None:
    """A row for each list and asker, every question that missed, and the goals."""
    by_list: defaultdict[tuple[str, str], list[Asked]] = defaultdict(list)
    for one in asked:
        by_list[one.asker, one.path].append(one)
    rows = [(asker, path, *_row(some)) for (asker, path), some in by_list.items()]
    columns = ("asked by", "list", "questions", "CPU p50", "p95", "clock p50", "p95", "")
    show_table(f"Server time in ms, {cards} cards, {calls} calls", columns, rows)
    slow = sorted((one for one in asked if one.cpu > GOAL_MS), key=lambda one: -one.cpu)
    missed_rows = [(one.asker, one.address, f"{one.cpu:.0f}", f"{median(one.clock):.0f}") for one in slow]
    show_table("Missed: more than 100 ms of CPU", ("asked by", "address", "CPU", "clock"), missed_rows)
    lists_missed = [key for key, some in by_list.items() if _p95([one.cpu for one in some]) > GOAL_MS]
    goals = [
        Goal(f"p95 of all {len(asked)} questions, CPU", _p95([one.cpu for one in asked]), GOAL_MS, "ms"),
        Goal("p95 of all by the clock", _p95([time_ for one in asked for time_ in one.clock]), GOAL_MS, "ms"),
        Goal(f"lists of {len(by_list)} whose p95 of CPU is above 100 ms", len(lists_missed), 0),
        Goal("questions above 100 ms of CPU", len(slow), 0),
    ]
    missed = show_goals(goals)
    figures = {
        "cards": cards,
        "calls": calls,
        "questions": len(asked),
        "seconds": round(seconds),
        "p95_cpu_ms": {" ".join(key): round(_p95([one.cpu for one in some])) for key, some in by_list.items()},
        "slow_cpu_ms": {f"{one.asker} {one.address}": round(one.cpu) for one in slow},
    }
    keep_result("console_lists", {**figures, "missed": missed})


def _row(some: list[Asked]) -> tuple[str, ...]:
    cpu, clock = [one.cpu for one in some], [time_ for one in some for time_ in one.clock]
    verdict = "" if _p95(cpu) <= GOAL_MS else "MISSED"
    figures = (median(cpu), _p95(cpu), median(clock), _p95(clock))
    return (str(len(some)), *(f"{figure:.0f}" for figure in figures), verdict)


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


if __name__ == "__main__":
    main()
