"""What the watcher saw of one Asterisk, in the words of use cases: they know no control port."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCall:
    """One call; stamps are ms since the epoch. `leg_channel` is the carrier's leg that is up or was answered."""

    call_id: str
    caller_channel: str = ""
    leg_channel: str = ""
    answered_at_ms: int | None = None
    ended_at_ms: int | None = None
    leg_seen_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A whole list of channels: `calls` carry a call id, `unique_ids` are those of all channels, a caller's before
    his call is dialled too. `up_seconds`: how long this Asterisk has been up.
    """

    asterisk: str
    up_seconds: int | None
    calls: Sequence[SeenCall]
    unique_ids: frozenset[str]
    channels: int
