"""CPU of a FastAGI server for a session of 20 commands: ours, panoramisk as shipped, and the bare uvloop Protocol.

Run: python -m bench.agi_protocol [rounds]. One JSON line is appended to bench/results.jsonl. About a minute.
The server and the driver have a core each; the sides run in turn; the figures are medians, compared by ratio.

    wire        our server and wire, the twenty commands sent as text, as the two peers send them
    verbs       the same twenty by the verbs of AgiCall: arguments checked and quoted, outcomes read, a trace kept
    given back  panoramisk's fast_agi as shipped, on asyncio's own loop, as its documentation shows
    kept        the same; the two differ in malloc alone (below)
    bare        the floor: a uvloop Protocol without bounds, coroutine or meaning

None of them logs: ours at the level of warnings, as panoramisk's lines are not shown without set-up.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import uvloop

from bench.goals import Goal, show_goals
from bench.machine import keep_result
from tests.fastagi.fake_asterisk import head

ROUNDS = 5
WARM_UP_SESSIONS = 300
CPU_SECONDS_WANTED = 1.0  # of each side in each round
AT_ONCE = 20
OURS = ("wire", "verbs")
GOALS = {"bare": 1.5, "given back": 0.33, "kept": 0.33}


# Asyncio's own loop takes 256 KiB for each read. Whether malloc gives that back to the system every time depends on
# what else the process has loaded: alone it mostly does, beside SQLAlchemy, as in a call server, it does not, and
# panoramisk costs half. Left to chance, one more import changed its figure by a third; so both ways are set. Ours do
# not change with it.
MALLOC = {
    "given back": {"MALLOC_MMAP_THRESHOLD_": str(128 * 1024)},
    "kept": {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**28)},
}


class Driver(asyncio.Protocol):
    """Asterisk's side, as cheap as can be: each command gets its reply without being looked at twice."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self.ended, self.answered = ended, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(HEAD)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.answered += 1
        self.transport.write(REPLIES.get(data[:5], DONE))  # type: ignore[attr-defined]

    def connection_lost(self, exc: Exception | None) -> None:
        assert exc is None
        assert self.answered == 20, self.answered
        self.ended()


HEAD, DONE = head(), b"200 result=1\n"
REPLIES = {
    b"STREA": b"200 result=0 endpos=8000\n",
    b"GET D": b"200 result=4\n",
    b"GET V": b"200 result=1 (442012345678)\n",
    b"EXEC ": b"200 result=0\n",
}


async def drive(port: int, sessions: int) -> None:
    loop, left = asyncio.get_running_loop(), sessions
    all_done = loop.create_future()
    begun = 0

    def next_one() -> None:
        nonlocal begun
        if begun < sessions:
            begun += 1
            loop.create_task(loop.create_connection(lambda: Driver(ended), "127.0.0.1", port))

    def ended() -> None:
        nonlocal left
        left -= 1
        next_one()
        if not left:
            all_done.set_result(None)

    for _ in range(AT_ONCE):
        next_one()
    await asyncio.wait_for(all_done, 60)


class Side:
    """One server process, and what it used."""

    def __init__(self, name: str, core: int) -> None:
        self.name, self.costs = name, list[float]()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.agi_sides", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | MALLOC.get(name, {}),
            cwd=Path(__file__).parents[1],
        )
        os.sched_setaffinity(self.process.pid, {core})
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())
        uvloop.run(drive(self.port, WARM_UP_SESSIONS))
        begun = self.cpu_seconds()
        uvloop.run(drive(self.port, WARM_UP_SESSIONS))
        self.sessions = int(WARM_UP_SESSIONS * CPU_SECONDS_WANTED / (self.cpu_seconds() - begun))

    def cpu_seconds(self) -> float:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("x")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def round(self) -> float:
        before, own = self.cpu_seconds(), time.process_time()
        uvloop.run(drive(self.port, self.sessions))
        self.costs.append((self.cpu_seconds() - before) / self.sessions * 1e6)
        return (time.process_time() - own) / self.sessions * 1e6

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(5)


def main(rounds: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    sides = [Side(name, cores[0]) for name in (*OURS, *GOALS)]
    for number in range(rounds):
        for side in sides:
            driver = side.round()
            load = os.getloadavg()[0]
            print(f"{number + 1}  {side.name:11} {side.costs[-1]:7.0f} us  (driver {driver:.0f} us)  load {load:.2f}")
    cost = {side.name: statistics.median(side.costs) for side in sides}
    for side in sides:
        side.end()
    print(f"CPU us a session of 20 commands: {', '.join(f'{name} {us:.0f}' for name, us in cost.items())}")
    goals = [Goal(f"{ours} / {peer}", cost[ours] / cost[peer], GOALS[peer]) for ours in OURS for peer in GOALS]
    missed = show_goals(goals)
    ratios = {goal.operation: round(goal.measured, 3) for goal in goals}
    keep_result("agi_protocol", {"rounds": rounds, "cpu_us": cost, "ratios": ratios, "missed": missed})


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
