"""A primary and its standby, two call servers on both, and callers on each of these: the primary is killed in mid-load.

What the callers' telephones saw is the truth: each call that was answered, for how long, and whether its settlement was
confirmed. `make chaos` runs this file: PYTHONPATH=.:tests python tests/chaos/failover.py [FAILOVERS].
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from databases import Cluster, as_role, free_port, started_cluster, url_of_both, with_roles
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.states import HoldState
from command_line.demo.processes import Service
from models import CallRecord, Hold
from models.database import make_engine
from services.demo.demo_data import ACCESS_NUMBER_AND_PIN, create_demo
from services.keys.pin_keys import create_pin_keys
from services.money.verify_ledger import verify_ledger
from services.store.database_rights import Program
from services.store.migrate import upgrade
from simulator.asterisk import CallFrom, PlacedCall, place_call
from simulator.call_log import CallEnd, Dialled, SettleAsked
from simulator.carriers import parse_outcomes
from simulator.handset import ScriptedHandset
from simulator.key_script import parse_key_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Engine

    from services.series.create_series import NewCard
    from simulator.carriers import CarrierOutcome
    from simulator.handset import DialAttempt

NODES = 2
CALLERS_A_NODE = 3
CARDS_A_CALLER = 10
WAIT_SECONDS_MAX = 120
MICROS_A_SECOND = 1_000


@dataclass
class Truth:
    """By call id: the milliseconds talked. `confirmed` are calls whose settlement was confirmed by a call server."""

    talk_ms: dict[str, int] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    connected: list[tuple[float, int]] = field(default_factory=list)
    refused: list[tuple[float, int]] = field(default_factory=list)

    def add(self, placed: PlacedCall, node: int) -> None:
        at = time.monotonic()
        for event in placed.log.events:
            if isinstance(event, Dialled) and event.talk_ms:
                self.talk_ms[event.attempt.call_id] = event.talk_ms
                self.connected.append((at, node))
            if isinstance(event, SettleAsked) and event.is_confirmed:
                self.confirmed.add(event.call_id)
        if placed.end is CallEnd.SERVICE_UNAVAILABLE:
            self.refused.append((at, node))

    def count(self, what: str, since: float) -> int:
        """On the node where it were fewest."""
        nodes = [node for at, node in list(getattr(self, what)) if at >= since]
        return min(nodes.count(node) for node in range(NODES))

    def seconds_without_calls(self, since: float) -> float:
        """From the moment until both nodes have connected a call again."""
        firsts = [min(at for at, node in self.connected if at >= since and node == one) for one in range(NODES)]
        return max(firsts) - since


class LongTalker(ScriptedHandset):
    """Talks from before a failover until it is told to end."""

    __slots__ = ("_may_end", "talks")

    def __init__(self, entries: Sequence[str], outcomes: Sequence[CarrierOutcome], may_end: threading.Event) -> None:
        super().__init__(entries, outcomes)
        self.talks, self._may_end = threading.Event(), may_end

    def outcome(self, attempt: DialAttempt) -> CarrierOutcome:
        self.talks.set()
        assert self._may_end.wait(WAIT_SECONDS_MAX)
        return super().outcome(attempt)


@dataclass
class Stand:
    """Both servers of the database, both call servers, and the callers."""

    folder: Path
    primary: Cluster
    standby: Cluster
    url: str
    cards: list[NewCard]
    ports: list[int]
    nodes: list[Service] = field(default_factory=list)
    truth: Truth = field(default_factory=Truth)
    over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def spool(self, node: int) -> Path:
        return self.folder / f"spool-{node}"

    def start(self) -> None:
        for node, port in enumerate(self.ports):
            self.spool(node).mkdir()
            environment = {
                "CALLINGCARD_STATE_DIR": str(self.folder),
                "CALLINGCARD_DATABASE_URL": as_role(self.url, Program.IVR),
                "CALLINGCARD_FASTAGI_PORT": str(port),
                "CALLINGCARD_SPOOL_DIR": str(self.spool(node)),
            }
            service = Service(f"node {node}", "fastagi", self.folder / f"node-{node}.log", environment)
            self.nodes.append(service)
            service.wait_for_port("127.0.0.1", port)

    def load(self) -> None:
        """Callers on each node, each with cards of its own, one call after the other."""
        for node in range(NODES):
            for caller in range(CALLERS_A_NODE):
                first = 10 + (node * CALLERS_A_NODE + caller) * CARDS_A_CALLER
                cards = self.cards[first : first + CARDS_A_CALLER]
                self._begin(lambda node=node, cards=cards: self._call_on(node, cards))

    def long_talkers(self, may_end: threading.Event) -> None:
        """One on each node, who is connected when this returns."""
        for node in range(NODES):
            talker = LongTalker(entries(self.cards[node]), parse_outcomes("answer:600"), may_end)
            self._begin(lambda node=node, talker=talker: self.call(node, talker))
            assert talker.talks.wait(WAIT_SECONDS_MAX)

    def call(self, node: int, handset: ScriptedHandset) -> None:
        call = CallFrom(ACCESS_NUMBER_AND_PIN, f"3706000000{node}", spool_folder=self.spool(node))
        self.truth.add(place_call(("127.0.0.1", self.ports[node]), call, handset), node)

    def until(self, what: str, count: int, since: float) -> None:
        wait_for(lambda: self.truth.count(what, since) >= count, f"{count} calls {what} on each node")

    def fail_over(self) -> tuple[float, float]:
        """Kill, let every node refuse, promote; give the seconds without calls since the kill, and since promotion."""
        killed = time.monotonic()
        self.primary.kill()
        self.until("refused", 1, killed)
        promoted = time.monotonic()
        self.standby.promote()
        done = time.monotonic()
        self.until("connected", 5, done)
        self.primary, self.standby = self.standby, self.primary
        return self.truth.seconds_without_calls(promoted) + promoted - killed, self.truth.seconds_without_calls(
            promoted
        )

    def end(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(WAIT_SECONDS_MAX)

    def stop(self) -> None:
        self.end()
        for node in self.nodes:
            node.stop()

    def findings(self) -> list[str]:
        """Empty when nothing that was confirmed is lost, and each answered call is charged once for its seconds."""
        engine = make_engine(self.url, pool_size=1)
        wait_for(lambda: not open_holds(engine), "the settlement of every hold")
        with Session(engine) as session:
            found = [str(breach) for breach in verify_ledger(session)]
            columns = CallRecord.call_id, CallRecord.talk_ms, CallRecord.cost_micros
            records = {call_id: (talk_ms, cost) for call_id, talk_ms, cost in session.execute(select(*columns))}
        engine.dispose()
        truth = self.truth
        due = {call_id: (ms, max(1, ms // 1_000) * MICROS_A_SECOND) for call_id, ms in truth.talk_ms.items()}
        found += [f"{one}: confirmed, and its record is lost" for one in sorted(truth.confirmed - records.keys())]
        found += [
            f"{call_id}: {record} recorded, {due.get(call_id, (0, 0))} due"
            for call_id, record in records.items()
            if record != due.get(call_id, (0, 0))
        ]
        return found + [f"{call_id}: answered, and not recorded" for call_id in sorted(due.keys() - records.keys())]

    def _call_on(self, node: int, cards: Sequence[NewCard]) -> None:
        turn = 0
        while not self.over.is_set():
            turn += 1
            seconds = 1 + turn % 9
            self.call(node, ScriptedHandset(entries(cards[turn % len(cards)]), parse_outcomes(f"503,answer:{seconds}")))

    def _begin(self, work: Callable[[], None]) -> None:
        self.threads.append(threading.Thread(target=work))
        self.threads[-1].start()


def open_holds(engine: Engine) -> int:
    """A line in the spool of a call whose hold was never placed waits for five minutes, and then for the operator."""
    with Session(engine) as session:
        return session.scalars(select(func.count()).select_from(Hold).where(Hold.state == HoldState.OPEN)).one()


def entries(card: NewCard) -> list[str]:
    return parse_key_script(f"{card.number.replace('-', '')}#{card.pin}9999000020#,h")


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, f"not seen in {WAIT_SECONDS_MAX} s: {what}"
        time.sleep(0.05)


def a_stand(folder: Path) -> Iterator[Stand]:
    """For a fixture: both servers with the demo's data, and both nodes serving."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = create_pin_keys(folder / "keys.json")
    for primary in started_cluster():
        url = primary.create_database()
        engine = make_engine(url, pool_size=1)
        upgrade(engine)
        with Session(engine) as session, session.begin():
            demo = create_demo(session, keys, datetime.now(UTC), 5080)
        engine.dispose()
        with_roles(url)
        standby = primary.standby()
        cards = next(list(made.cards) for made in demo if made.series == 3)
        ports = [free_port() for _ in range(NODES)]
        stand = Stand(folder, primary, standby, url_of_both(primary, standby, url), cards, ports)
        try:
            stand.start()
            yield stand
        finally:
            stand.stop()
            standby.remove()


def main(arguments: Sequence[str]) -> int:
    failovers = int(arguments[0]) if arguments else 5
    folder = Path("var/chaos") / f"failover-{time.time_ns()}"
    found: list[str] = []
    for stand in a_stand(folder.resolve()):
        stand.load()
        for number in range(1, failovers + 1):
            stand.until("connected", 20, time.monotonic())
            without, since_promotion = stand.fail_over()
            told = f"{without:.1f} s without calls, {since_promotion:.1f} s of them since the promotion"
            sys.stdout.write(f"failover {number}: {told}\n")
            stand.standby.follow(stand.primary)
        stand.end()
        found = stand.findings()
        sys.stdout.write(
            f"{len(stand.truth.talk_ms)} calls, {len(stand.truth.refused)} refused, {len(found)} findings\n"
        )
    for finding in found[:20]:
        sys.stdout.write(f"  {finding}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
