"""The FastAGI server of production with handlers of a test, in a thread of its own: the simulator's calls block."""

import asyncio
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastagi.agi_call import AgiCall
from fastagi.server import CardServer, ServerLimits
from telephony.handover import SettleArguments, Variable

Handler = Callable[[AgiCall], Awaitable[None]]
PROMPTS = "/prompts"


@dataclass
class Desk:
    """What the handlers of a test saw, and what they answer: `offers` has one set of variables for each round."""

    offers: list[dict[str, str]] = field(default_factory=list)
    arguments: list[tuple[str, ...]] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    settled: list[SettleArguments] = field(default_factory=list)
    confirms: bool = True
    calls_each: int = 20  # numbers that one caller may dial

    async def card_call(self, call: AgiCall) -> None:
        """Ask number, PIN and destination as the real flow does; then hand over what the test wants."""
        self.arguments.append(call.arguments)
        await call.answer()
        if call.arguments[0] == "1":
            await call.speak_in("en")
            await call.wait_for_keys(10, 5)
            self.entries.append((await call.ask(["welcome", "enter-card-number"], 10)).digits)
            self.entries.append((await call.ask(["enter-pin"], 12, secret=True)).digits)
        if not self.offers or int(call.arguments[0]) > self.calls_each:
            await call.play(["goodbye"])
            await call.set_variables({Variable.NEXT: "end"})
            return
        self.entries.append((await call.ask(["enter-destination-end-with-hash"], 20)).digits)
        await call.play(["you-have", "number-2", "unit-minute-many", "for-this-call"])
        await call.set_variables(self.offers.pop(0))

    async def settle(self, call: AgiCall) -> None:
        settlement = SettleArguments.from_agi(call.arguments)
        self.settled.append(settlement)
        if self.confirms:
            await call.set_variables({Variable.SETTLED: settlement.call_id})


def offer(
    routes: str = "demo.cheap:demo.second",
    dst: str = "37061234567:0037061234567",
    ring: str = "30:40",
    limit: str = "120000:60000",
    call_id: str = "",
) -> dict[str, str]:
    return {
        Variable.CALL: call_id or str(uuid.uuid4()),
        Variable.DST: dst,
        Variable.ROUTES: routes,
        Variable.RING: ring,
        Variable.LIMIT: limit,
        Variable.NEXT: "dial",
    }  # fmt: skip


@contextmanager
def serving(card_call: Handler, settle: Handler) -> Iterator[tuple[str, int]]:
    """The address of a server that runs until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> tuple[CardServer, int]:
        server = CardServer(PROMPTS, ServerLimits(drain_seconds_max=0.2))
        server.add_route("card-call", card_call)
        server.add_route("settle", settle, seconds_max=10.0, always_ends=True)
        return server, await server.listen("127.0.0.1", 0)

    server, port = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield ("127.0.0.1", port)
    finally:
        asyncio.run_coroutine_threadsafe(server.drain(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
