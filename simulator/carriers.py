"""How a Dial ends, in words for scripts, each with the DIALSTATUS and HANGUPCAUSE that Asterisk 22 gives (measured).

The words:

    503 404 480 484 486 408 403 500 502 603   the carrier refuses with this SIP status;
    busy       the same as 486;
    noanswer   rings until the ring time is over;
    dead       nobody on the carrier's port: the ring time passes without a ring;
    unknown    the endpoint is not known to Asterisk;
    cancel     the caller gives up while it rings;
    answer     answered, talked until the time limit;
    answer:65  answered, the far side hangs up after 65 s (65.25 is possible), or the limit comes first;
    answer:65##        the caller ends the leg by ## after 65 s;
    answer:65.hangup   the caller hangs up after 65 s.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

OUTCOMES_MAX: Final = 1_000
TALK_SECONDS_MAX: Final = 86_400
_ANSWER: Final = re.compile(r"answer(?::(?P<seconds>\d{1,5}(?:\.\d{1,3})?)(?P<by>##|\.hangup)?)?")


class OutcomeRefused(ValueError):
    """No such outcome; the message says which are known."""


class EndedBy(StrEnum):
    """Who ended an answered leg, unless the limit came first."""

    FAR_SIDE = "far side"
    DOUBLE_HASH = "##"
    CALLER = "caller"
    LIMIT = "limit"


class Ring(StrEnum):
    """What passes before the outcome."""

    NOTHING = "nothing"  # refused at once
    RINGS = "rings"  # the ring time passes and the far side rings
    SILENCE = "silence"  # the ring time passes without a ring


@dataclass(frozen=True, slots=True)
class CarrierOutcome:
    """One way for a Dial to end. `cause` None: Asterisk leaves what an earlier Dial set; `talk_ms` None: until the
    limit.
    """

    word: str
    dial_status: str
    cause: str | None
    ring: Ring = Ring.NOTHING
    talk_ms: int | None = None
    ended_by: EndedBy = EndedBy.FAR_SIDE

    @property
    def is_answered(self) -> bool:
        return self.dial_status == "ANSWER"


def _refused(word: str, dial_status: str, cause: str | None, ring: Ring = Ring.NOTHING) -> CarrierOutcome:
    return CarrierOutcome(word, dial_status, cause, ring)


NOT_ANSWERED: Final = {
    outcome.word: outcome
    for outcome in (
        _refused("busy", "BUSY", "17"),
        _refused("486", "BUSY", "17"),
        _refused("404", "CHANUNAVAIL", "1"),
        _refused("484", "CHANUNAVAIL", "28"),
        _refused("503", "CONGESTION", "34"),
        _refused("480", "NOANSWER", "19"),
        _refused("408", "CHANUNAVAIL", "18"),
        _refused("403", "CHANUNAVAIL", "21"),
        _refused("603", "CHANUNAVAIL", "21"),
        _refused("500", "CHANUNAVAIL", "38"),
        _refused("502", "CHANUNAVAIL", "27"),
        _refused("unknown", "CHANUNAVAIL", "3"),
        _refused("noanswer", "NOANSWER", "0", Ring.RINGS),
        _refused("dead", "NOANSWER", None, Ring.SILENCE),
        _refused("cancel", "CANCEL", "0", Ring.RINGS),
    )
}


def parse_outcome(word: str) -> CarrierOutcome:
    word = word.strip().lower()
    if known := NOT_ANSWERED.get(word):
        return known
    found = _ANSWER.fullmatch(word)
    if not found:
        known_words = ", ".join(NOT_ANSWERED)
        raise OutcomeRefused(
            f"{word[:40]!r} is no outcome of a carrier: {known_words}, answer, answer:SECONDS, "
            "answer:SECONDS## or answer:SECONDS.hangup."
        )
    if found["seconds"] is None:
        return CarrierOutcome(word, "ANSWER", "16", Ring.RINGS, None)
    talk_ms = int(Decimal(found["seconds"]) * 1000)
    if talk_ms > TALK_SECONDS_MAX * 1000:
        raise OutcomeRefused(f"A talk lasts at most {TALK_SECONDS_MAX} seconds.")
    by = {"##": EndedBy.DOUBLE_HASH, ".hangup": EndedBy.CALLER}.get(found["by"], EndedBy.FAR_SIDE)
    return CarrierOutcome(word, "ANSWER", "16", Ring.RINGS, talk_ms, by)


def parse_outcomes(text: str) -> list[CarrierOutcome]:
    """A list joined by commas: one outcome for each Dial of the whole call, in order; the last one repeats."""
    words = text.split(",")
    if len(words) > OUTCOMES_MAX:
        raise OutcomeRefused(f"At most {OUTCOMES_MAX} outcomes.")
    return [parse_outcome(word) for word in words]
