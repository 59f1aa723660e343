"""What Asterisk says about a route that was tried, in words: the outcome of Dial, and the cause of Q.850."""

from web_base.texts import gettext, lazy_gettext

OUTCOMES = {
    "ANSWER": lazy_gettext("answered"),
    "BUSY": lazy_gettext("busy"),
    "NOANSWER": lazy_gettext("no answer"),
    "CANCEL": lazy_gettext("the caller hung up"),
    "CHANUNAVAIL": lazy_gettext("could not be reached"),
    "CONGESTION": lazy_gettext("refused or full"),
}
CAUSES = {
    "1": lazy_gettext("number not in use"),
    "3": lazy_gettext("no route to the number"),
    "16": lazy_gettext("normal end"),
    "17": lazy_gettext("busy"),
    "18": lazy_gettext("no response"),
    "19": lazy_gettext("no answer"),
    "20": lazy_gettext("subscriber absent"),
    "21": lazy_gettext("call rejected"),
    "27": lazy_gettext("destination out of order"),
    "28": lazy_gettext("number not valid"),
    "34": lazy_gettext("no line free"),
    "38": lazy_gettext("network out of order"),
    "41": lazy_gettext("temporary failure"),
    "42": lazy_gettext("network is congested"),
    "58": lazy_gettext("service not available"),
    "127": lazy_gettext("interworking"),
}


def outcome(dial_status: str) -> str:
    return str(OUTCOMES.get(dial_status, dial_status))


def cause(hangup_cause: object) -> str:
    """The number of the standard stays: carriers ask for it."""
    number = str(hangup_cause or "")
    if number in ("", "0"):
        return "—"
    words = CAUSES.get(number)
    return number if words is None else gettext("%(number)s, %(words)s", number=number, words=words)
