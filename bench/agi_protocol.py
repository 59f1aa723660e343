"""CPU of a FastAGI server for a session of 20 commands: ours, panoramisk as shipped, and the bare uvloop Protocol.

Run: python -m bench.agi_protocol [rounds]. One JSON line is appended to bench/results.jsonl. About a minute.
The server and the driver have a core each; the sides run in turn; the figures are medians, compared by ratio.

    wire        our server and wire, the twenty commands sent as text, as the two peers send them
    verbs       the same twenty by the verbs of AgiCall: arguments checked and quoted, outcomes read, a trace kept
    panoramisk  fast_agi as shipped, on asyncio's own loop, as its documentation shows
    bare        the floor: a uvloop Protocol without bounds, coroutine or meaning

None of them logs: ours at the level of warnings, as panoramisk's lines are not shown without set-up.
"""

import asyncio
import json
import logging
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from panoramisk import fast_agi

from fastagi.agi_call import AgiCall
from fastagi.logs import set_up_logs
from fastagi.server import CardServer
from tests.fastagi.fake_asterisk import head

RESULTS = Path(__file__).parent / "results.jsonl"
ROUNDS = 5
WARM_UP_SESSIONS = 300
CPU_SECONDS_WANTED = 1.0  # of each side in each round
AT_ONCE = 20
OURS = ("wire", "verbs")
GOALS = {"bare": 1.5, "panoramisk": 0.33}
READ = 'EXEC Read "CARD_KEYS,/var/lib/callingcard/prompts/{},15,,1"'
OUTCOME = "GET FULL VARIABLE ${READSTATUS}:${CARD_KEYS}"
VARIABLES = {
    "CARD_CALL": "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    "CARD_DST": "442012345678",
    "CARD_ROUTES": "demo.cheap",
    "CARD_RING": "40",
    "CARD_LIMIT": "3600000:60000",
    "CARD_NEXT": "dial",
}
ENTRIES = ("enter-number", "enter-destination", "you-have-this-time")
PLAYS = ("welcome", "connecting")


async def card_call(call: AgiCall) -> None:
    """Twenty commands, as a call has them: 1 + 1 + 2, three entries of 2, two speeches of 2, and 6 variables."""
    await call.answer()
    await call.speak_in("en")
    await call.wait_for_keys(10, 5)
    for prompt in ENTRIES:
        await call.ask([prompt, "press-hash"], 15)
    for prompt in PLAYS:
        await call.play([prompt])
    await call.set_variables(VARIABLES)


def commands() -> list[str]:
    """The same twenty as text, for the sides that have no verbs."""
    texts = ["ANSWER", 'SET VARIABLE CHANNEL(language) "en"']
    texts += ['SET VARIABLE TIMEOUT(response) "10"', 'SET VARIABLE TIMEOUT(digit) "5"']
    for prompt in ENTRIES + PLAYS:
        texts += [READ.format(prompt), OUTCOME]
    return texts + [f'SET VARIABLE {name} "{value}"' for name, value in VARIABLES.items()]


COMMANDS = commands()


class BareProtocol(asyncio.Protocol):
    """The floor: no bounds, no coroutine, no meaning: find the line end, send the next command."""

    lines = tuple(text.encode() + b"\n" for text in COMMANDS)

    def __init__(self) -> None:
        self.buffer, self.sent, self.headed = b"", 0, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = b"\n" if self.headed else b"\n\n"
        while (place := self.buffer.find(end)) >= 0:
            line, self.buffer = self.buffer[:place], self.buffer[place + len(end) :]
            if self.headed:
                assert line[:11] == b"200 result="
            else:
                dict(part.split(": ", 1) for part in line.decode().split("\n"))
                self.headed, end = True, b"\n"
            if self.sent == len(self.lines):
                self.transport.close()
                return
            self.transport.write(self.lines[self.sent])  # type: ignore[attr-defined]
            self.sent += 1


async def wire_call(call: AgiCall) -> None:
    for command in COMMANDS:
        await call.wire.ask(command)


async def panoramisk_call(request: fast_agi.Request) -> None:
    for command in COMMANDS:
        await request.send_command(command)


async def serve(side: str) -> None:
    loop = asyncio.get_running_loop()
    if side in {"wire", "verbs"}:
        set_up_logs(logging.WARNING)
        server = CardServer("/var/lib/callingcard/prompts")
        server.add_route("card-call", card_call if side == "verbs" else wire_call)
        port = await server.listen("127.0.0.1", 0)
    elif side == "panoramisk":
        application = fast_agi.Application(loop=loop)
        application.add_route("card-call", panoramisk_call)
        listener = await asyncio.start_server(application.handler, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
    else:
        listener = await loop.create_server(BareProtocol, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
    print(port, flush=True)
    asked = asyncio.Event()
    while True:
        loop.add_reader(0, asked.set)
        await asked.wait()
        asked.clear()
        if not os.read(0, 1):
            return
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(used.ru_utime + used.ru_stime, flush=True)


class Driver(asyncio.Protocol):
    """Asterisk's side, as cheap as can be: each command gets its reply without being looked at twice."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self.ended, self.answered = ended, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(HEAD)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.answered += 1
        reply = KEYED if data.startswith(b"GET FULL") else STATUS if data.startswith(b"GET") else DONE
        self.transport.write(reply)  # type: ignore[attr-defined]

    def connection_lost(self, exc: Exception | None) -> None:
        assert exc is None
        assert self.answered == 20, self.answered
        self.ended()


HEAD, DONE = head(), b"200 result=1\n"
KEYED, STATUS = b"200 result=1 (OK:442012345678)\n", b"200 result=1 (TIMEOUT)\n"


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
            [sys.executable, "-m", "bench.agi_protocol", "--serve", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
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


def main(rounds: int) -> int:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    sides = [Side(name, cores[0]) for name in ("wire", "verbs", "panoramisk", "bare")]
    for number in range(rounds):
        for side in sides:
            driver = side.round()
            load = os.getloadavg()[0]
            print(f"{number + 1}  {side.name:11} {side.costs[-1]:7.0f} us  (driver {driver:.0f} us)  load {load:.2f}")
    cost = {side.name: statistics.median(side.costs) for side in sides}
    for side in sides:
        side.end()
    print(f"CPU us a session of 20 commands: {', '.join(f'{name} {us:.0f}' for name, us in cost.items())}")
    ratios = {f"{ours}_of_{peer}": round(cost[ours] / cost[peer], 3) for ours in OURS for peer in GOALS}
    missed = [name for name, ratio in ratios.items() if ratio > GOALS[name.partition("_of_")[2]]]
    print(f"ratios {ratios}, goals {GOALS}, missed: {' '.join(missed) or 'none'}")
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "bench": "agi_protocol", "rounds": rounds,
            "cpu_us": cost, "ratios": ratios, "missed": missed, "load": os.getloadavg()[0]}  # fmt: skip
    with RESULTS.open("a") as file:
        file.write(json.dumps(line) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        (asyncio.run if sys.argv[2] == "panoramisk" else uvloop.run)(serve(sys.argv[2]))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
