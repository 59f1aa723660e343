"""What one Asterisk tells of its calls, kept in memory until it is noted: lists of channels, and events between."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from services.live.sighting import SeenCall, Sighting
from telephony.handover import CALL_ID_REGEX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

CALLS_MAX: Final = 20_000  # of events that wait to be noted; a list of channels tells of all calls again
_CALL_ID: Final = re.compile(CALL_ID_REGEX)
_STAMP: Final = re.compile(r"([0-9]{9,11})\.([0-9]{3})[0-9]{0,6}")
_CARRIER_APPLICATION: Final = "AppDial"


@dataclass(slots=True)
class _Known:
    caller_channel: str = ""
    leg_channel: str = ""
    answered_at_ms: int | None = None
    ended_at_ms: int | None = None
    leg_seen_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ListedChannel:
    """One channel of a list."""

    name: str
    unique_id: str
    call_id: str
    is_leg: bool
    is_up: bool


@dataclass(slots=True)
class LiveBook:
    """`channels` is the last list; `changed` are the calls of which events told since they were noted. All stamps are
    of Asterisk's clock: `ahead_ms` is how much it is ahead of ours.
    """

    asterisk: str
    our_clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ahead_ms: int = 0
    channels: list[ListedChannel] = field(default_factory=list)
    _calls: dict[str, _Known] = field(default_factory=dict)
    _changed: dict[str, None] = field(default_factory=dict)

    def clock_ms(self) -> int:
        return self.our_clock_ms() + self.ahead_ms

    def set_clock(self, asterisk_ms: int | None) -> None:
        """What Asterisk's clock says now; None: it does not tell, and ours is taken."""
        self.ahead_ms = 0 if asterisk_ms is None else asterisk_ms - self.our_clock_ms()

    def dial_ended(self, event: Mapping[str, str | list[str]]) -> None:
        """A carrier answered: its leg, and when."""
        call_id = _text(event, "DestAccountCode") or _text(event, "AccountCode")
        if event.get("DialStatus") != "ANSWER" or not _CALL_ID.fullmatch(call_id):
            return
        call = self._call(call_id)
        call.caller_channel = _text(event, "Channel")
        call.leg_channel = _text(event, "DestChannel")
        call.answered_at_ms = call.answered_at_ms or self._stamp(event)

    def hung_up(self, event: Mapping[str, str | list[str]]) -> None:
        """The end of a leg that had answered."""
        call_id = _text(event, "AccountCode")
        call = self._calls.get(call_id)
        if call is not None and call.leg_channel and call.leg_channel == event.get("Channel"):
            self._call(call_id).ended_at_ms = call.ended_at_ms or self._stamp(event)

    def callers_of_unstamped(self, rows: Iterable[Mapping[str, str | list[str]]]) -> dict[str, str]:
        """The caller's channel, by call id, of each call in this list whose carrier answered we do not know when."""
        channels = [one for one in _channels(rows) if _CALL_ID.fullmatch(one.call_id)]
        unstamped = {one.call_id for one in channels if one.is_leg and one.is_up and not self._has_answer(one.call_id)}
        return {one.call_id: one.name for one in channels if not one.is_leg and one.call_id in unstamped}

    def listed(
        self,
        rows: Iterable[Mapping[str, str | list[str]]],
        up_seconds: int | None,
        answers: Mapping[str, int] | None = None,
    ) -> Sighting:
        """A whole list of channels: what is not in it is not up. `answers` are stamps that were asked for; where there
        is none, the answer is not older than the list before this one.
        """
        self.channels = _channels(rows)
        now_ms = self.clock_ms()
        with_call = [channel for channel in self.channels if _CALL_ID.fullmatch(channel.call_id)]
        for channel in with_call:
            call = self._call(channel.call_id)
            if not channel.is_leg:
                call.caller_channel = channel.name
            elif channel.is_up:
                call.leg_channel = channel.name
                call.answered_at_ms = call.answered_at_ms or (answers or {}).get(channel.call_id) or now_ms
                call.leg_seen_at_ms = now_ms
        carried = {channel.call_id for channel in with_call}
        calls = [self._seen(call_id) for call_id in carried]
        self._changed = {call_id: None for call_id in self._changed if call_id not in carried}
        # What ended is forgotten once it was noted: by the list before this one at the latest.
        self._calls = {name: call for name, call in self._calls.items() if name in carried or name in self._changed}
        unique_ids = frozenset(channel.unique_id for channel in self.channels)
        return Sighting(self.asterisk, up_seconds, calls, unique_ids, len(self.channels))

    def take_changed(self) -> list[SeenCall]:
        """What events told since the last time."""
        changed, self._changed = self._changed, {}
        return [self._seen(call_id) for call_id in changed if call_id in self._calls]

    def give_back(self, calls: Iterable[SeenCall]) -> None:
        """They could not be noted: they come again."""
        self._changed |= {call.call_id: None for call in calls}

    def _has_answer(self, call_id: str) -> bool:
        call = self._calls.get(call_id)
        return call is not None and call.answered_at_ms is not None

    def _call(self, call_id: str) -> _Known:
        if len(self._calls) < CALLS_MAX or call_id in self._calls:
            self._changed[call_id] = None
        return self._calls.setdefault(call_id, _Known()) if len(self._calls) < CALLS_MAX else _Known()

    def _seen(self, call_id: str) -> SeenCall:
        call = self._calls.get(call_id) or _Known()
        return SeenCall(call_id=call_id, **{name: getattr(call, name) for name in _Known.__slots__})

    def _stamp(self, event: Mapping[str, str | list[str]]) -> int:
        """Asterisk's own, by `timestampevents`; else the moment at which the event came."""
        stamp = _STAMP.fullmatch(_text(event, "Timestamp"))
        return int(stamp[1]) * 1000 + int(stamp[2]) if stamp else self.clock_ms()


def _text(row: Mapping[str, str | list[str]], name: str) -> str:
    """Panoramisk makes a list of a header that comes twice: such a one tells nothing."""
    value = row.get(name, "")
    return value if isinstance(value, str) else ""


def _channels(rows: Iterable[Mapping[str, str | list[str]]]) -> list[ListedChannel]:
    return [_channel(row) for row in rows if row.get("Event") == "CoreShowChannel"]


def _channel(row: Mapping[str, str | list[str]]) -> ListedChannel:
    return ListedChannel(
        _text(row, "Channel"),
        _text(row, "Uniqueid"),
        _text(row, "AccountCode"),
        row.get("Application") == _CARRIER_APPLICATION,
        row.get("ChannelStateDesc") == "Up",
    )
