"""End calls: those whose end was asked for, those whose limit has passed, and those that nobody pays for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from fastagi.watcher.ami_link import LinkLost
from telephony.ami import ami_act

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastagi.watcher.ami_link import AmiLink
    from fastagi.watcher.live_book import ListedChannel
    from fastagi.watcher.watch_desk import WatchDesk
    from services.live.ends_asked import EndAsked
    from services.live.open_holds import OpenHold
    from services.live.sighting import Sighting

OVERDUE_MS: Final = 10_000  # Dial's own limit ends a call to the millisecond: who is up so much longer escaped it
_NORMAL_CLEARING: Final = "16"

log = structlog.get_logger()


async def end_asked(desk: WatchDesk, links: Sequence[AmiLink]) -> None:
    """Hang the callers up. An end that cannot be had now, because an Asterisk is away, stays asked for; that of a call
    on an Asterisk which another watcher watches is left to that one.
    """
    watched = {link.asterisk.name for link in links}
    asked = [one for one in await desk.ends_asked() if one.home in watched or not (one.home and one.is_open)]
    if not asked:
        return
    all_listed = True
    for link in links:
        try:
            await link.list_channels()
        except LinkLost:
            all_listed = False
    for one in asked:
        ended = [name for link in links for name in await _hang_up(link, _callers(link, one))]
        if ended or not one.is_open or all_listed:
            await desk.note_end(one, ended)
            log.info("call ended as asked", call_id=one.call_id, channels=" ".join(ended))


async def end_overdue(link: AmiLink, sighting: Sighting, holds: list[OpenHold]) -> None:
    """Nobody talks for free: a carrier's leg above its limit, or without an open hold, is hung up."""
    limits_ms = {hold.call_id: hold.limit_seconds * 1000 for hold in holds}
    answered_ms = {call.call_id: call.answered_at_ms for call in sighting.calls}
    now_ms = link.book.clock_ms()
    for channel in [one for one in link.book.channels if one.is_leg and one.is_up and one.call_id in answered_ms]:
        limit_ms = limits_ms.get(channel.call_id)
        since_ms = answered_ms[channel.call_id]
        if limit_ms is None:
            why = "no open hold"
        elif since_ms is not None and now_ms > since_ms + limit_ms + OVERDUE_MS:
            why = "above its limit"
        else:
            continue
        log.error("call ended", call_id=channel.call_id, why=why, channel=channel.name)
        await _hang_up(link, [channel])


def _callers(link: AmiLink, asked: EndAsked) -> list[ListedChannel]:
    """The caller's channel, also while nothing is dialled yet; where only the carrier's leg is known, that one."""
    mine = [one for one in link.book.channels if asked.call_id == one.call_id or asked.channel_id == one.unique_id]
    return [one for one in mine if not one.is_leg] or mine


async def _hang_up(link: AmiLink, channels: Sequence[ListedChannel]) -> list[str]:
    """Names of those that were; by the console's user, since the watcher's own changes nothing."""
    ended = []
    for channel in channels:
        fields = {"Channel": channel.name, "Cause": _NORMAL_CLEARING}
        answer = await asyncio.to_thread(ami_act, link.asterisk.console, "Hangup", **fields)
        if answer.is_done:
            ended.append(channel.name)
        else:
            log.warning("hang-up refused", call_id=channel.call_id, channel=channel.name, why=answer.message)
    return ended
