"""One call of a load run on the event loop: its sessions one after another, with the faults that were asked for."""

from __future__ import annotations

import asyncio
import random
from time import perf_counter
from typing import TYPE_CHECKING, Final, cast

from simulator.agi_head import agi_head
from simulator.asterisk import CallFrom, card_steps, open_channel, session_status
from simulator.call_log import CallEnd, Dialled, SettleAsked
from simulator.commands import answer_command
from simulator.requests import AgiRequest, AgiStatus

if TYPE_CHECKING:
    from simulator.handset import Handset
    from simulator.load_plan import LoadPlan, LoadReport

COMMAND_BYTES_MAX: Final = 65_536


class LoadCall:
    """Drives the steps of one caller; `run` returns when the call is over."""

    def __init__(self, plan: LoadPlan, report: LoadReport, call: CallFrom, handset: Handset) -> None:
        self.report = report
        self.faults = plan.faults
        self.channel = open_channel(call, handset)
        self.dice = random.Random(f"{plan.seed}/{report.calls}") if plan.faults.reply_ms_max else None
        self.steps_done = 0
        self._address = plan.address
        self._steps = card_steps(self.channel, call)

    async def run(self) -> CallEnd:
        request = next(self._steps)
        while True:
            status = await self._session(request)
            try:
                request = self._steps.send(status)
            except StopIteration as over:
                end: CallEnd = over.value
                self.report.ends[end] += 1
                return end

    def count(self) -> bool:
        """Add what happened to the report; tell whether every dialled call was settled."""
        settled: dict[str, bool] = {}
        for event in self.channel.log.events:
            if isinstance(event, Dialled):
                self.report.dialled += 1
                self.report.dial_statuses[event.dial_status] += 1
                self.report.talk_ms += event.talk_ms
                settled.setdefault(event.attempt.call_id, False)
            elif isinstance(event, SettleAsked):
                self.report.settlements += 1
                settled[event.call_id] = settled.get(event.call_id, False) or event.is_confirmed
        unconfirmed = list(settled.values()).count(False)
        self.report.unconfirmed += unconfirmed
        return unconfirmed == 0

    async def _session(self, request: AgiRequest) -> AgiStatus:
        loop = asyncio.get_running_loop()
        self.report.sessions += 1
        over: asyncio.Future[None] = loop.create_future()
        head = agi_head(self.channel, request.script, request.arguments, self._address)
        wire = _Wire(self, head, f"head {request.script}", over)
        try:
            await loop.create_connection(lambda: wire, *self._address)
        except OSError:
            return AgiStatus.FAILURE
        try:
            await over
        finally:
            wire.drop()
        return session_status(self.channel)


class _Wire(asyncio.Protocol):
    """One session: Asterisk's end of the connection."""

    def __init__(self, call: LoadCall, head: bytes, step: str, over: asyncio.Future[None]) -> None:
        self._call = call
        self._head = head
        self._step = step  # what was sent last
        self._over = over
        self._loop = over.get_loop()
        self._buffer = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send(self._head)

    def data_received(self, data: bytes) -> None:
        self._call.report.waits[self._step].append(perf_counter() - self._sent_at)
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > COMMAND_BYTES_MAX:
            self.drop()
        for line in lines:
            self._answer(line.decode("utf-8", "replace"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the server may end as it likes
        self._transport = None
        if not self._over.done():
            self._over.set_result(None)

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _answer(self, command: str) -> None:
        call = self._call
        call.steps_done += 1
        call.report.steps += 1
        if call.steps_done == call.faults.cut_at_step:
            self.drop()
            return
        if call.steps_done == call.faults.hang_up_at_step:
            call.channel.hangs_up_now = True
        self._step = step_name(command)
        reply = f"{answer_command(call.channel, command)}\n".encode()
        if call.dice is None:
            self._send(reply)
        else:
            self._loop.call_later(call.dice.uniform(0, call.faults.reply_ms_max) / 1000, self._send, reply)

    def _send(self, data: bytes) -> None:
        self._sent_at = perf_counter()  # uvloop's own clock counts whole milliseconds
        if self._transport is not None:
            self._transport.write(data)


def step_name(command: str) -> str:
    """The verb of a command with the name of its variable or application: few enough to count by."""
    words = command.split(" ", 3)
    if words[0] in {"SET", "GET"} and words[1:2] == ["VARIABLE"]:
        return " ".join(words[:3])
    return " ".join(words[: 3 if words[:2] == ["GET", "FULL"] else 2]) if len(words) > 1 else command
