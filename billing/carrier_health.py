"""What a Dial tells of the carrier itself: only its own failures count, an answer clears them."""

from enum import StrEnum
from typing import Final

# No such number, number incomplete: true on every route.
_CAUSES_OF_THE_NUMBER: Final = frozenset({"1", "28"})


class CarrierSign(StrEnum):
    ANSWERED = "answered"
    FAILED = "failed"
    NOTHING = "nothing"  # it came from the person called, from the number, or from the caller


def carrier_sign(dial_status: str, hangup_cause: str, *, is_last: bool) -> CarrierSign:
    """By DIALSTATUS first, as in the fail-over rule. A NOANSWER before the last route is silence: had it rung, the
    call would have ended there; on the last one it may be either, and counts for nothing.
    """
    match dial_status:
        case "ANSWER":
            return CarrierSign.ANSWERED
        case "CONGESTION":
            return CarrierSign.FAILED
        case "CHANUNAVAIL":
            return CarrierSign.NOTHING if hangup_cause in _CAUSES_OF_THE_NUMBER else CarrierSign.FAILED
        case "NOANSWER":
            return CarrierSign.NOTHING if is_last else CarrierSign.FAILED
        case _:
            return CarrierSign.NOTHING
