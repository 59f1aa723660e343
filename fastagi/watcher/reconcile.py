"""Reconcile: the spool first, then the event logs, then what events told, then the last heartbeat; and compare."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from fastagi.logs import call_named
from fastagi.spool import replay, waiting_calls
from services.live.compare_calls import LoggedTalk
from services.live.reconcile_call import LoggedLeg, Reconciled

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from fastagi.watcher.watch_desk import WatchDesk
    from services.live.open_holds import OpenCall
    from telephony.cel import CarrierLeg
    from telephony.cel_reader import CelReader

COMPARED_AFTER_MS: Final = 30_000  # an ended call is compared when its settlement has had this time
log = structlog.get_logger()


@dataclass(slots=True)
class CallLogs:
    """The event logs that this machine can read."""

    readers: Sequence[CelReader]
    compared_until_ms: int = field(default=0)

    async def read(self) -> None:
        for reader in self.readers:
            try:
                await asyncio.to_thread(reader.read)
            except OSError as unreadable:
                log.error("event log cannot be read", why=str(unreadable))  # noqa: TRY400 (told in one line)

    def close(self) -> None:
        for reader in self.readers:
            reader.close()

    def answered(self, call_id: str) -> LoggedLeg | None:
        for reader in self.readers:
            leg = reader.legs.answered(call_id)
            if leg is not None:
                return _logged(leg)
        return None

    def to_compare(self, until_ms: int) -> list[LoggedTalk]:
        """Calls that ended since the last comparison, and before this moment."""
        since_ms = self.compared_until_ms
        return [
            LoggedTalk(call_id, leg.ended_at_ms - leg.answered_at_ms, _logged(leg))
            for reader in self.readers
            for call_id, leg in reader.legs.ended_since(since_ms)
            if leg.ended_at_ms is not None and leg.answered_at_ms is not None and leg.ended_at_ms < until_ms
        ]


def _logged(leg: CarrierLeg) -> LoggedLeg:
    return LoggedLeg(leg.route, leg.answered_at_ms, leg.ended_at_ms, leg.hangup_cause)


async def reconcile(desk: WatchDesk, logs: CallLogs, spool: Path, watched: Collection[str]) -> list[Reconciled]:
    """One round. A call whose spooled line waits is left to that line, one of another's Asterisk to its watcher."""
    await replay(spool, desk)
    unseen = await desk.unseen_calls(watched)
    await logs.read()
    waiting = await asyncio.to_thread(waiting_calls, spool)
    left = [call for call in unseen if call.hold.call_id not in waiting]
    done = [await _reconcile_one(desk, call, logs) for call in left]
    await compare(desk, logs)
    return [one for one in done if one is not None]


async def _reconcile_one(desk: WatchDesk, call: OpenCall, logs: CallLogs) -> Reconciled | None:
    with call_named(call.hold.call_id):
        return await desk.reconcile(call, logs.answered(call.hold.call_id))


async def compare(desk: WatchDesk, logs: CallLogs) -> None:
    """What the database could not take comes again in the next round."""
    until_ms = int(desk.now().timestamp() * 1000) - COMPARED_AFTER_MS
    talks = logs.to_compare(until_ms)
    for found in await desk.note_differences(talks) if talks else []:
        log.error("record and event log differ", call_id=found.call_id, record_ms=found.record_ms, log_ms=found.log_ms)
    logs.compared_until_ms = until_ms
