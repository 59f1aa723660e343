"""The watcher's desk: its use cases, each one hop to the database, with the clock that they need."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from fastagi.database import Database
from services.calls.call_record import Settlement
from services.calls.settle_call import Settled, UnknownCall, settle_call
from services.live.compare_calls import Difference, LoggedTalk, note_differences
from services.live.ends_asked import EndAsked, ends_asked, note_end
from services.live.note_sighting import note_calls, note_lost, note_sighting
from services.live.open_holds import OpenCall, OpenHold, unseen_calls
from services.live.reconcile_call import LoggedLeg, Reconciled, reconcile_call
from services.live.sighting import SeenCall, Sighting


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class WatchDesk:
    """One for the whole watcher."""

    database: Database
    zone: tzinfo
    now: Callable[[], datetime] = utc_now

    async def note_sighting(self, sighting: Sighting) -> list[OpenHold]:
        listed_at = time.monotonic()
        return await self.database.run(note_sighting, sighting, lambda: timedelta(seconds=time.monotonic() - listed_at))

    async def note_calls(self, asterisk: str, calls: Sequence[SeenCall]) -> None:
        await self.database.run(note_calls, asterisk, calls)

    async def note_lost(self, asterisk: str, why: str) -> None:
        await self.database.run(note_lost, asterisk, why)

    async def unseen_calls(self, watched: Collection[str]) -> list[OpenCall]:
        return await self.database.run(unseen_calls, watched)

    async def reconcile(self, call: OpenCall, leg: LoggedLeg | None) -> Reconciled | None:
        return await self.database.run(reconcile_call, call, leg, self.now(), self.zone)

    async def settle(self, settlement: Settlement) -> Settled | UnknownCall:
        return await self.database.run(settle_call, settlement, self.now(), self.zone)

    async def ends_asked(self) -> list[EndAsked]:
        return await self.database.run(ends_asked)

    async def note_end(self, asked: EndAsked, channels: list[str]) -> None:
        await self.database.run(note_end, asked.job_id, channels, self.now())

    async def note_differences(self, talks: Sequence[LoggedTalk]) -> list[Difference]:
        return await self.database.run(note_differences, talks, self.now(), self.zone)
