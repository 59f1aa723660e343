"""Watch: the loops of the watcher. What it knows stands in the database, so that it may die at any moment."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from fastagi.database import DatabaseUnavailable
from fastagi.watcher.ami_link import AmiLink, LinkLost
from fastagi.watcher.end_calls import end_asked, end_overdue
from fastagi.watcher.reconcile import CallLogs, reconcile

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from fastagi.watcher.watch_desk import WatchDesk
    from telephony.watched import WatchedAsterisk

LOOK_SECONDS: Final = 0.5  # for ends that were asked for, and for what events told: the console shows it within 1 s

log = structlog.get_logger()


@dataclass(slots=True)
class Watcher:
    """`logs` are the event logs of these Asterisks, `spool` the folder of settlements that found no server."""

    desk: WatchDesk
    links: Sequence[AmiLink]
    logs: CallLogs
    spool: Path
    heartbeat_seconds: float
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    counters: Counter[str] = field(default_factory=Counter)
    _noted_lost: dict[str, str] = field(default_factory=dict)  # why, by name

    async def beat(self) -> None:
        """List the channels of each Asterisk; what cannot be asked is noted as lost. Then reconcile."""
        self.counters["beats"] += 1
        for link in self.links:
            await self._list(link)
        watched = {link.asterisk.name for link in self.links}
        for told in await reconcile(self.desk, self.logs, self.spool, watched):
            self.counters[f"reconciled_{told.source.value}"] += 1
            log.info("call reconciled", call_id=told.settled.call_id, by=told.source.value, **_figures(told.settled))

    async def look(self) -> None:
        """What cannot wait for the next beat."""
        for link in self.links:
            await self._note_events(link)
        await end_asked(self.desk, self.links)

    async def run(self) -> None:
        """For ever: a look every half second, a beat every heartbeat and whenever a link changed."""
        loop = asyncio.get_running_loop()
        beat_at = loop.time()
        while True:
            if self.changed.is_set() or loop.time() >= beat_at:
                self.changed.clear()
                beat_at = loop.time() + self.heartbeat_seconds
                await _unfailing("beat", self.beat)
            await _unfailing("look", self.look)
            await asyncio.sleep(LOOK_SECONDS)

    async def _list(self, link: AmiLink) -> None:
        try:
            sighting = await link.list_channels()
        except LinkLost as lost:
            if self._noted_lost.get(link.asterisk.name) != str(lost):
                await self.desk.note_lost(link.asterisk.name, str(lost))
                self._noted_lost[link.asterisk.name] = str(lost)
            return
        holds = await self.desk.note_sighting(sighting)
        self._noted_lost.pop(link.asterisk.name, None)
        await end_overdue(link, sighting, holds)

    async def _note_events(self, link: AmiLink) -> None:
        calls = link.book.take_changed()
        if not calls:
            return
        try:
            await self.desk.note_calls(link.asterisk.name, calls)
        except DatabaseUnavailable:
            link.book.give_back(calls)
            raise


def make_links(asterisks: Sequence[WatchedAsterisk], changed: asyncio.Event) -> list[AmiLink]:
    """Connected as soon as each answers."""
    links = [AmiLink(asterisk, changed.set) for asterisk in asterisks]
    for link in links:
        link.connect()
    return links


async def _unfailing(what: str, work: Callable[[], Awaitable[None]]) -> None:
    """An entry point: whatever goes wrong in one round is told, and the next one begins anew."""
    try:
        await work()
    except DatabaseUnavailable as lost:
        log.warning("watcher waits for the database", what=what, why=str(lost))
    except Exception:
        log.exception("watcher failed", what=what)


def _figures(settled: object) -> dict[str, object]:
    names = ("talk_seconds", "cost_micros", "is_repeat")
    return {name: getattr(settled, name) for name in names}
