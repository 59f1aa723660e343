"""Chaos on real Asterisk: callers call, and one part after another is killed by SIGKILL; then every bill is compared
with what the carriers' own Asterisk recorded.
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from caller import ASK_NUMBER, ASK_PIN, dialling
from clerk import AWAY
from house import SHORT_PIN
from sqlalchemy import select
from watching import HEARTBEAT_SECONDS

from models import CallRecord
from telephony.ami import AmiUnavailable
from telephony.phone import CallNotPlaced
from tests.asterisk_fixtures import cel_rows, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from clerk import Clerk
    from house import House
    from watching import Watch

SLACK_MS = 500
HEARTBEAT_MS_MAX = (HEARTBEAT_SECONDS + 3) * 1000  # between two lists on a busy machine
MICROS_A_SECOND = 1_000
CALM_SECONDS = (1.0, 5.0)  # between two kills
AWAY_SECONDS = (0.2, 2.0)  # until what was killed is started again
REPAIRED_SECONDS_MAX = 240
FAULTS = (AssertionError, CallNotPlaced, AmiUnavailable, TimeoutError, OSError)  # what a caller sees of a kill


@dataclass
class Chaos:
    """`parts` are killed and started by their names, some more often; `deaths` are the moments when Asterisk died."""

    house: House
    watch: Watch
    seed: int
    parts: dict[str, tuple[Callable[[], None], Callable[[], None]]]
    deaths: list[float] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)
    settled_by: dict[str, int] = field(default_factory=dict)
    begun_at: float = field(default_factory=time.time)
    clerk: Clerk | None = None
    often: dict[str, int] = field(default_factory=dict)

    def run(self, seconds: float, callers: int) -> None:
        """Kill until the time is over; then everything is started, and what is up may end."""
        dice = random.Random(self.seed)
        over = threading.Event()
        threads = [threading.Thread(target=self._call, args=(over, dice.getrandbits(32))) for _ in range(callers)]
        threads.append(threading.Thread(target=self._work_at_console, args=(over, dice.getrandbits(32))))
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + seconds
        drawn = [part for part in self.parts for _ in range(self.often.get(part, 1))]
        try:
            while time.monotonic() < deadline:
                time.sleep(dice.uniform(*CALM_SECONDS))
                self._kill(dice.choice(drawn), dice.uniform(*AWAY_SECONDS))
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def findings(self) -> list[str]:
        """Empty when each call that a carrier answered is charged once, for its seconds, and nothing else is."""
        self.house.plant.wait_until_idle(60)
        self.house.engine.dispose()  # its connections died with the database
        wait_for(lambda: self.house.open_holds() == 0 and not self.house.spooled(), REPAIRED_SECONDS_MAX)
        records = self._records()
        answered = self._carriers_answers()
        found = [
            f"{record.call_id}: {record.talk_ms} ms cost {record.cost_micros}"
            for record in records
            if not _priced(record)
        ]
        charged = [record for record in records if record.cost_micros]
        for record in records:
            self.settled_by[record.settled_by] = self.settled_by.get(record.settled_by, 0) + 1
        if len(charged) != len(answered):
            found.append(f"{len(answered)} calls were answered, {len(charged)} are charged")
        found += self.clerk.findings() if self.clerk else []
        return found + [told for record in charged if (told := self._compare(record, answered))]

    def _kill(self, name: str, away_seconds: float) -> None:
        kill, start = self.parts[name]
        self.kills[name] = self.kills.get(name, 0) + 1
        if name == "asterisk":
            self.deaths.append(time.time())
        kill()
        time.sleep(away_seconds)
        start()

    def _call(self, over: threading.Event, seed: int) -> None:
        dice = random.Random(seed)
        while not over.is_set():
            with suppress(*FAULTS):
                self._one_call(dice)
            time.sleep(0.2)

    def _work_at_console(self, over: threading.Event, seed: int) -> None:
        """Until the end, and then until one recharge went through."""
        dice, clerk = random.Random(seed), self.clerk
        while clerk is not None and not (over.is_set() and clerk.confirmed):
            with suppress(*AWAY):
                clerk.work(dice, dice.choice(self.house.cards[SHORT_PIN]).number)
            time.sleep(0.2)

    def _one_call(self, dice: random.Random) -> None:
        card = dice.choice(self.house.cards[SHORT_PIN])  # one that is in use is refused: that is right too
        number = dice.choice(("9999000000", f"99990000{dice.randrange(1, 60):02}", "9998017", "9999010025"))
        with dialling(self.house, SHORT_PIN) as caller:
            caller.answers(ASK_PIN, card.pin)
            caller.answers(ASK_NUMBER, f"{number}#")
            caller.is_connected()
            caller.phone.wait_for_end(dice.uniform(0.5, 8))

    def _records(self) -> list[CallRecord]:
        with self.house.look() as session:
            records = list(session.scalars(select(CallRecord).order_by(CallRecord.placed_at)))
            session.expunge_all()
        return [record for record in records if record.placed_at.timestamp() >= self.begun_at]

    def _carriers_answers(self) -> list[tuple[float, float | None]]:
        """Answer and end of each leg, by the carriers' own event log."""
        times: dict[str, dict[str, float]] = {}
        for event, at, channel, unique_id, *_ in cel_rows(self.house.plant.carrier):
            if channel.startswith("PJSIP/demo."):
                times.setdefault(unique_id, {}).setdefault(event, float(at))
        legs = [seen for seen in times.values() if seen.get("ANSWER", 0) >= self.begun_at]
        return [(seen["ANSWER"], seen.get("HANGUP")) for seen in legs]

    def _compare(self, record: CallRecord, answered: list[tuple[float, float | None]]) -> str | None:
        """The leg that was answered nearest to the record; one that Asterisk took down is measured to its death."""
        assert record.answered_at is not None
        ours = record.answered_at.timestamp()
        answer, end = min(answered, key=lambda leg: abs(leg[0] - ours))
        death = min((at for at in self.deaths if at > answer), default=None)
        told = f"{record.call_id} by {record.settled_by}: {record.talk_ms} ms"
        if abs(answer - ours) * 1000 > SLACK_MS:
            return f"{told}, and no carrier answered at that moment"
        if record.settled_by == "heartbeat":
            missed_ms = ((death or 0) - answer) * 1000 - record.talk_ms
            is_right = -SLACK_MS <= missed_ms <= HEARTBEAT_MS_MAX
            return None if is_right else f"{told}, {missed_ms:.0f} ms free"
        if end is None or abs((end - answer) * 1000 - record.talk_ms) > SLACK_MS:
            return f"{told}, the carrier has {((end or 0) - answer) * 1000:.0f} ms"
        return None


def _priced(record: CallRecord) -> bool:
    """To the micro: whole seconds at a thousand micros, one at least."""
    due = max(1, record.talk_ms // 1000) * MICROS_A_SECOND if record.answered_at else 0
    return record.cost_micros == due
