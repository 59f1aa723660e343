"""How a call ended, in the trade's words, from what Dial reported (asterisk.md 8.1)."""

from billing.states import CallDisposition


def disposition(dial_status: str, *, answered: bool) -> CallDisposition:
    """`answered` is our own stamp; the status of the last route tried explains a call without one."""
    if answered:
        return CallDisposition.ANSWERED
    match dial_status:
        case "BUSY":
            return CallDisposition.BUSY
        case "NOANSWER":
            return CallDisposition.NO_ANSWER
        case "CANCEL" | "":
            return CallDisposition.CANCELLED
        case "CONGESTION":
            return CallDisposition.ALL_LINES_BUSY
        case _:
            return CallDisposition.UNREACHABLE
