"""Asterisk's event log (CEL) as our cel_custom.conf writes it: its lines, and the carriers' legs that they tell of."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from telephony.handover import CALL_ID_REGEX

if TYPE_CHECKING:
    from collections.abc import Iterable

LINE_BYTES_MAX: Final = 16_384
_COLUMNS_MIN: Final = 7
_STAMP: Final = re.compile(r"([0-9]{9,11})\.([0-9]{3})[0-9]{0,6}")
_CALL_ID: Final = re.compile(CALL_ID_REGEX)
_CARRIER_APPLICATION: Final = "AppDial"  # what a channel runs that Dial made
_CAUSE: Final = re.compile("[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class CelEvent:
    """One line; `at_ms` is ms since the epoch."""

    name: str
    at_ms: int
    channel: str
    unique_id: str
    account_code: str
    application: str
    extra: str


@dataclass(slots=True)
class CarrierLeg:
    """One channel that Dial made for a call, by its answer and its end."""

    channel: str
    answered_at_ms: int | None = None
    ended_at_ms: int | None = None
    hangup_cause: str = ""

    @property
    def route(self) -> str:
        """The endpoint in PJSIP/demo.second-0000002a."""
        return self.channel.partition("/")[2].rpartition("-")[0]


@dataclass(slots=True)
class CarrierLegs:
    """The legs of every call in the log, by call id and the channel's unique id; lines may come twice."""

    calls: dict[str, dict[str, CarrierLeg]] = field(default_factory=dict)
    latest_ms: int = 0

    def add(self, event: CelEvent) -> bool:
        """True when the line told of a carrier's leg."""
        self.latest_ms = max(self.latest_ms, event.at_ms)
        legs = self.calls.get(event.account_code)
        is_known = legs is not None and event.unique_id in legs
        if not is_known and not _is_leg(event):
            return False
        leg = self.calls.setdefault(event.account_code, {}).setdefault(event.unique_id, CarrierLeg(event.channel))
        if event.name == "ANSWER" and leg.answered_at_ms is None:
            leg.answered_at_ms = event.at_ms
        if event.name == "HANGUP" and leg.ended_at_ms is None:
            leg.ended_at_ms, leg.hangup_cause = event.at_ms, _cause(event.extra)
        return True

    def answered(self, call_id: str) -> CarrierLeg | None:
        """The leg that talked; None when no carrier answered."""
        legs = self.calls.get(call_id, {}).values()
        return next((leg for leg in legs if leg.answered_at_ms is not None), None)

    def ended_since(self, at_ms: int) -> Iterable[tuple[str, CarrierLeg]]:
        """Call id and leg of each call that was answered, and ended at this moment or later."""
        for call_id, legs in self.calls.items():
            for leg in legs.values():
                if leg.answered_at_ms is not None and leg.ended_at_ms is not None and leg.ended_at_ms >= at_ms:
                    yield call_id, leg

    def forget_before(self, at_ms: int) -> None:
        """Calls whose last leg ended before this moment."""
        over = [call_id for call_id, legs in self.calls.items() if all(_is_over(leg, at_ms) for leg in legs.values())]
        for call_id in over:
            del self.calls[call_id]


def parse_line(line: bytes) -> CelEvent | None:
    """None for what is no line of our log: half a line, another mapping, garbage."""
    if len(line) > LINE_BYTES_MAX or b"\0" in line:
        return None
    columns = _columns(line.decode("utf-8", "replace"))
    if len(columns) < _COLUMNS_MIN or not (stamp := _STAMP.fullmatch(columns[1])):
        return None
    name, _, channel, unique_id, _, account_code, application, *extra = columns
    at_ms = int(stamp[1]) * 1000 + int(stamp[2])
    return CelEvent(name, at_ms, channel, unique_id, account_code, application, extra[0] if extra else "")


def legs_of(lines: Iterable[bytes]) -> CarrierLegs:
    """Read a whole log."""
    legs = CarrierLegs()
    for line in lines:
        event = parse_line(line)
        if event is not None:
            legs.add(event)
    return legs


def _is_leg(event: CelEvent) -> bool:
    return event.application == _CARRIER_APPLICATION and bool(_CALL_ID.fullmatch(event.account_code))


def _is_over(leg: CarrierLeg, at_ms: int) -> bool:
    return max(leg.ended_at_ms or 0, leg.answered_at_ms or 0) < at_ms


def _columns(text: str) -> list[str]:
    try:
        return next(csv.reader([text.rstrip("\r\n")], strict=True), [])
    except csv.Error:
        return []


def _cause(extra: str) -> str:
    try:
        told = json.loads(extra)
    except (ValueError, RecursionError):
        return ""
    cause = str(told.get("hangupcause", "")) if isinstance(told, dict) else ""
    return cause if _CAUSE.fullmatch(cause) else ""
