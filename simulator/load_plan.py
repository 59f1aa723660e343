"""What a load run does, and what it came to: scripted calls, faults, counts, and waits by step."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import quantiles
from typing import TYPE_CHECKING, Final, TypedDict

from simulator.carriers import parse_outcomes
from simulator.handset import ScriptedHandset
from simulator.key_script import parse_key_script

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.call_log import CallEnd

CALL_SECONDS_MAX: Final = 60.0  # no scripted call is longer: key waits take no time


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """One caller of a load run, in the words of `callingcard dial`."""

    access_number: str
    caller_id: str
    keys: str
    carrier: str = "answer:60"

    def handset(self) -> ScriptedHandset:
        return ScriptedHandset(parse_key_script(self.keys), parse_outcomes(self.carrier))


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong in each call; a step is one command of the server, counted over all sessions of the call."""

    hang_up_at_step: int | None = None
    cut_at_step: int | None = None  # the connection ends without a reply
    reply_ms_max: int = 0  # each reply waits up to this long, by the dice of `seed`


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """`calls` are repeated in order until `calls_total` were made, `at_once` of them at any time."""

    address: tuple[str, int]
    calls: Sequence[ScriptedCall]
    calls_total: int
    at_once: int
    faults: Faults = Faults()
    seed: int = 0
    call_seconds_max: float = CALL_SECONDS_MAX

    def handsets(self) -> Iterator[tuple[ScriptedCall, ScriptedHandset]]:
        """Each script is read once: a handset for every call, made from the same entries."""
        parsed = [(call, parse_key_script(call.keys), parse_outcomes(call.carrier)) for call in self.calls]
        for number in range(self.calls_total):
            call, entries, outcomes = parsed[number % len(parsed)]
            yield call, ScriptedHandset(entries, outcomes)


class StepWaits(TypedDict):
    """How long the server took from our last bytes to its next ones, in milliseconds."""

    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


@dataclass(slots=True)
class LoadReport:
    """Counts of one run. A call failed when it ended in the excuse, took too long, or got no
    confirmation of a settlement (which then stands in the spool).
    """

    calls: int = 0
    failed: int = 0
    sessions: int = 0
    steps: int = 0
    dialled: int = 0
    settlements: int = 0
    unconfirmed: int = 0
    talk_ms: int = 0
    timed_out: int = 0
    seconds: float = 0.0
    own_cpu_seconds: float = 0.0
    ends: Counter[CallEnd] = field(default_factory=Counter)
    dial_statuses: Counter[str] = field(default_factory=Counter)
    call_seconds: array[float] = field(default_factory=lambda: array("d"))
    waits: defaultdict[str, array[float]] = field(default_factory=lambda: defaultdict(lambda: array("d")))

    @property
    def calls_per_second(self) -> float:
        return self.calls / self.seconds if self.seconds else 0.0

    def waits_by_step(self) -> dict[str, StepWaits]:
        """By what we had sent: the head of a script, or the reply to a command."""
        return {step: waits_of(seconds) for step, seconds in sorted(self.waits.items())}

    def as_json(self) -> dict[str, object]:
        counts = (
            "calls",
            "failed",
            "sessions",
            "steps",
            "dialled",
            "settlements",
            "unconfirmed",
            "talk_ms",
            "timed_out",
        )
        return {name: getattr(self, name) for name in counts} | {
            "seconds": round(self.seconds, 3),
            "calls_per_second": round(self.calls_per_second, 1),
            "own_cpu_ms_per_call": round(1000 * self.own_cpu_seconds / max(1, self.calls), 3),
            "ends": {end.value: count for end, count in self.ends.items()},
            "dial_statuses": dict(self.dial_statuses),
            "whole_call": waits_of(self.call_seconds),
            "waits": self.waits_by_step(),
        }


def waits_of(seconds: Sequence[float]) -> StepWaits:
    if not seconds:
        return {"count": 0, "p50_ms": 0.0, "p95_ms": 0.0, "p99_ms": 0.0, "max_ms": 0.0}
    cuts = quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 99
    p50, p95, p99 = (round(1000 * cuts[place], 3) for place in (49, 94, 98))
    return {
        "count": len(seconds),
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "max_ms": round(1000 * max(seconds), 3),
    }
