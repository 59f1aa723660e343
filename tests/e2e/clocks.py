"""What others than our stamps say of the length of a call: our own event log, and the carrier's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.asterisk_fixtures import cel_rows

if TYPE_CHECKING:
    from datetime import datetime

    from telephony.boot import RunningAsterisk
    from tests.asterisk_fixtures import Plant


def our_ms(plant: Plant, call_id: str) -> int:
    """ANSWER to HANGUP of the carrier's leg of a call, from our CEL."""
    legs = {row[3] for row in cel_rows(plant.platform) if row[5] == call_id and row[6] == "AppDial"}
    (talk_ms,) = [talk_ms for (_, leg), (_, talk_ms) in _answered(plant.platform).items() if leg in legs]
    return talk_ms


def carriers_ms(plant: Plant, trunk: str, answered_at: datetime | None) -> int:
    """What the carrier itself recorded of the call that it answered nearest to this moment."""
    assert answered_at is not None
    ours = answered_at.timestamp()
    taken = [times for (channel, _), times in _answered(plant.carrier).items() if channel.startswith(f"PJSIP/{trunk}-")]
    return min(taken, key=lambda times: abs(times[0] - ours))[1]


def _answered(running: RunningAsterisk) -> dict[tuple[str, str], tuple[float, int]]:
    """Moment of the answer, and milliseconds until the end, by channel and its unique id: an Asterisk that was killed
    gives the same names to channels again.
    """
    times: dict[tuple[str, str], dict[str, int]] = {}
    for event, at, channel, unique_id, *_ in cel_rows(running):
        times.setdefault((channel, unique_id), {}).setdefault(event, _ms(at))
    return {
        leg: (seen["ANSWER"] / 1000, seen["HANGUP"] - seen["ANSWER"])
        for leg, seen in times.items()
        if {"ANSWER", "HANGUP"} <= seen.keys()
    }


def _ms(stamp: str) -> int:
    """Cut to its millisecond, as the watcher reads it."""
    seconds, _, fraction = stamp.partition(".")
    return int(seconds) * 1000 + int(fraction[:3])
